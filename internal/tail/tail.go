// Package tail finds the last lines of files. It is a leaf: it imports the standard library only.
package tail

import (
	"io"
	"os"
)

// block is how much is read at once.
const block = 64 << 10

// Start finds where the last lines of a file begin, reading it from its end. A line that is not complete
// counts as one.
func Start(f *os.File, lines int) (int64, error) {
	at, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	buf := make([]byte, block)
	for end := at; at > 0; {
		part := buf[:min(at, block)]
		at -= int64(len(part))
		if n, err := f.ReadAt(part, at); n < len(part) {
			return 0, err // it has become shorter
		}
		for i := len(part) - 1; i >= 0; i-- {
			if part[i] != '\n' || at+int64(i) == end-1 {
				continue
			}
			if lines--; lines == 0 {
				return at + int64(i) + 1, nil
			}
		}
	}
	return 0, nil
}
