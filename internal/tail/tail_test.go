package tail_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/internal/tail"
)

// TestTheLastLinesAreTheLastLines compares with splitting the whole text, also over the border of a block.
func TestTheLastLinesAreTheLastLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	rapid.Check(t, func(rt *rapid.T) {
		line := rapid.OneOf(rapid.StringMatching(`[a-c]{0,9}`), rapid.Just(strings.Repeat("x", 70<<10)))
		text := strings.Join(rapid.SliceOfN(line, 0, 6).Draw(rt, "lines"), "\n")
		n := rapid.IntRange(1, 8).Draw(rt, "n")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		f, err := os.Open(path) //nolint:gosec // its own file
		require.NoError(t, err)
		defer f.Close() //nolint:errcheck // it was only read
		at, err := tail.Start(f, n)
		require.NoError(t, err)
		all := strings.SplitAfter(text, "\n")
		if all[len(all)-1] == "" { // behind the last line's end there is none
			all = all[:len(all)-1]
		}
		want := strings.Join(all[max(0, len(all)-n):], "")
		if got := text[at:]; got != want {
			rt.Fatalf("the last %d lines of %q: %q, not %q", n, text, got, want)
		}
	})
}
