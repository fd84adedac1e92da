package main

import (
	"os"

	"github.com/hone-tuner/hone/collector"
)

const (
	// known is what is left before a cursor: the collector knows the file again by it.
	known = 64 << 10
	// worthwhile is how much is taken away at once.
	worthwhile = 1 << 20
)

// trimmer takes away what was read of the copied output, so that it never fills the disk. A file system that cannot
// do that keeps it.
type trimmer struct {
	path string
	done int64 // up to here it was taken away
	off  bool
}

// behind takes away what lies behind a cursor.
func (t *trimmer) behind(cursor []byte) {
	to := (collector.CursorOffset(cursor) - known) &^ (known - 1) // whole pages and blocks
	if t.off || to-t.done < worthwhile {
		return
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY, 0)
	if err == nil {
		err = punch(int(f.Fd()), t.done, to)
		_ = f.Close() // nothing was written
	}
	t.done, t.off = to, err != nil
}
