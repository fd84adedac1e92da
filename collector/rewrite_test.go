package collector_test

import (
	"hash/crc32"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// leave writes what an earlier attempt left, and tells of it as a runner does.
func leave(t *testing.T, c *hone.Collection, text string) {
	path := c.Emission.File
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(t, os.Chtimes(path, time.Unix(1, 0), time.Unix(1, 0))) // so that writing shows on any disk
	info, err := os.Stat(path)
	require.NoError(t, err)
	c.Emission.From, c.Emission.FromTime = info.Size(), info.ModTime()
	c.Emission.FromInode = info.Sys().(*syscall.Stat_t).Ino
	c.Emission.FromSum = crc32.ChecksumIEEE([]byte(text[max(0, len(text)-32):]))
}

func losses(values string) string {
	var b strings.Builder
	for _, v := range strings.Fields(values) {
		b.WriteString("loss=" + v + "\n")
	}
	return b.String()
}

func TestAFileOfAnEarlierAttemptThatIsWrittenAnewIsReadFromItsBeginning(t *testing.T) {
	const left = "1 2 3 4 5"
	rewrite := func(values string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte(losses(values)), 0o600))
		}
	}
	for _, tt := range []struct {
		name  string
		write func(t *testing.T, path string)
		want  string
	}{
		{"with more", rewrite("11 12 13 14 15 16 17 18"), "11 12 13 14 15 16 17 18"},
		{"to exactly its size", rewrite("6 7 8 9 0"), "6 7 8 9 0"},
		{"with what it held", rewrite(left), left},
		{"with less", rewrite("6 7"), "6 7"},
		{"under another inode, with what it held and more", func(t *testing.T, path string) {
			rewrite(left+" 6")(t, path+".new")
			require.NoError(t, os.Rename(path+".new", path))
		}, left + " 6"},
		{"but not when it goes on", func(t *testing.T, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(losses("6 7"))
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}, "6 7"},
		{"and not when it is left alone", func(*testing.T, string) {}, ""},
	} {
		for _, when := range []string{"before the first look", "while it is followed", "before it has ended"} {
			t.Run(tt.name+" "+when, func(t *testing.T) {
				what := file(t)
				leave(t, &what, losses(left))
				synctest.Test(t, func(t *testing.T) {
					if when == "before the first look" {
						tt.write(t, what.Emission.File)
					}
					r := start(t, what)
					if when != "before the first look" {
						soon()
						tt.write(t, what.Emission.File)
					}
					if when == "while it is followed" {
						soon()
					}
					r.end()
					r.has(strings.Fields(tt.want)...)
				})
			})
		}
	}
}
