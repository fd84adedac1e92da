package tui_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/cmd/hone/tui"
)

func TestKeys(t *testing.T) {
	for in, want := range map[string][]tui.Key{
		"":                                   nil,
		"jk/":                                {"j", "k", "/"},
		"\x1b[A\x1b[B\x1bOC\x1bOD":           {tui.Up, tui.Down, tui.Right, tui.Left},
		"\x1b[5~\x1b[6~\x1b[H\x1b[4~\x1b[3~": {tui.PageUp, tui.PageDown, tui.Home, tui.End, tui.Delete},
		"\r\t\x7f\x03\x15\x1b[Z":             {tui.Enter, tui.Tab, tui.Backspace, tui.CtrlC, tui.CtrlU, tui.BackTab},
		"ü世":                                 {"ü", "世"},
		"\x1b":                               {tui.Escape},
		"\x1b\x1b[A":                         {tui.Escape, tui.Up},
		"\x1b[1;5Ca":                         {"a"}, // Ctrl with an arrow is none of them
		"\x1bxa":                             {"a"}, // Alt-x
		"\x00\xffz":                          {"z"},
		"\x1b[" + strings.Repeat("1", 50):    nil,
	} {
		keys, rest := tui.Decode([]byte(in), true)
		if in == "\x1b["+strings.Repeat("1", 50) {
			require.NotContains(t, keys, tui.Up)
			continue
		}
		require.Equal(t, want, keys, "%q", in)
		require.Empty(t, rest)
	}
}

// TestKeysThatArriveInPieces come out as if they had arrived at once.
func TestKeysThatArriveInPieces(t *testing.T) {
	pieces := []string{"a", "ü", "世", "\x1b[A", "\x1bOB", "\x1b[5~", "\r", "\x03", "\x1bx"}
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, "keys"), "")
		want, _ := tui.Decode([]byte(in), true)
		var got []tui.Key
		var rest []byte
		for left := in; left != ""; {
			n := rapid.IntRange(1, len(left)).Draw(t, "bytes")
			var keys []tui.Key
			keys, rest = tui.Decode(append(rest, left[:n]...), false)
			got, left = append(got, keys...), left[n:]
		}
		require.Empty(t, rest)
		require.Equal(t, want, got)
	})
}

func FuzzKeys(f *testing.F) {
	f.Add([]byte("a\x1b[A\x1b"))
	f.Fuzz(func(t *testing.T, p []byte) {
		keys, rest := tui.Decode(p, true)
		if len(rest) != 0 {
			t.Fatalf("%q is left of %q", rest, p)
		}
		for _, k := range keys {
			if k == "" {
				t.Fatalf("an empty key of %q", p)
			}
		}
	})
}

func TestOnlyWhatChangesIsDrawn(t *testing.T) {
	var out bytes.Buffer
	p := tui.Painter{Out: &out}
	draw := func(width, height int, lines ...string) string {
		out.Reset()
		require.NoError(t, p.Draw(lines, width, height))
		return out.String()
	}
	require.Equal(t, "\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K\x1b[2;1Htwo\x1b[K", draw(80, 24, "one", "two"))
	require.Empty(t, draw(80, 24, "one", "two"))
	require.Equal(t, "\x1b[2;1H2\x1b[K\x1b[3;1Hthree\x1b[K", draw(80, 24, "one", "2", "three"))
	require.Equal(t, "\x1b[2;1H\x1b[K\x1b[3;1H\x1b[K", draw(80, 24, "one"))
	require.Equal(t, "\x1b[H\x1b[2J\x1b[1;1Hone\x1b[K", draw(80, 1, "one", "two"), "another size")
	p.Forget()
	require.Contains(t, draw(80, 1, "one"), "\x1b[2J")
}
