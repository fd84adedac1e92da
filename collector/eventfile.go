package collector

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/hone-tuner/hone/collector/tfevents"
)

const (
	// idleLooks is after how many looks without anything new a file is closed, and maxOpen how many are kept open.
	idleLooks = 100
	maxOpen   = 50
)

// eventFile is one event file that may grow.
type eventFile struct {
	path string
	run  string // its folder
	at   eventsPlace

	file *os.File
	size int64 // when it was last read to its end
	idle int
}

func (f *eventFile) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file = nil
	}
}

// next returns the data of the next record that can be read; io.EOF when there is none yet. What is no record as yet, a
// torn one at the end, is read again once the file has grown.
func (f *eventFile) next(buf *[]byte) ([]byte, error) {
	if err := f.open(); err != nil {
		return nil, err
	}
	for {
		if f.size <= f.at.Offset+tfevents.HeaderSize {
			return nil, io.EOF
		}
		var head [tfevents.HeaderSize]byte
		if err := f.fill(head[:], f.at.Offset); err != nil {
			return nil, err
		}
		length, err := tfevents.Header(head[:])
		end := f.at.Offset + tfevents.HeaderSize + length + tfevents.FooterSize
		if err != nil || end > f.size {
			return nil, io.EOF
		}
		data, err := f.record(buf, length, end)
		if err != nil {
			return nil, err
		}
		if data != nil {
			return data, nil
		}
	}
}

// open looks at the file again. It is one that was read to its end, or has grown, or another one of the same name.
func (f *eventFile) open() error {
	if f.file == nil {
		info, err := os.Stat(f.path)
		if err == nil && info.Mode().IsRegular() && f.size > 0 && info.Size() == f.size {
			return io.EOF
		}
		file, _, err := openRegular(f.path)
		if err != nil && !hopeless(err) {
			return unreadable(f.path, err)
		}
		if file == nil {
			return io.EOF
		}
		f.file = file
	}
	info, err := f.file.Stat()
	if err != nil {
		return unreadable(f.path, err)
	}
	f.size = info.Size()
	if !f.known() {
		f.at = eventsPlace{}
	}
	return nil
}

// known reports whether what lies before the place is what did so when it was read.
func (f *eventFile) known() bool {
	if f.at.Offset == 0 {
		return true
	}
	var tail [tfevents.FooterSize]byte
	if f.at.Offset > f.size || f.fill(tail[:], f.at.Offset-tfevents.FooterSize) != nil {
		return false
	}
	return binary.LittleEndian.Uint32(tail[:]) == f.at.Tail
}

// record reads a record that is there as a whole, and goes behind it. One that is too long or damaged gives no data;
// damage at the very end may still be written over.
func (f *eventFile) record(buf *[]byte, length, end int64) ([]byte, error) {
	var tail [tfevents.FooterSize]byte
	if err := f.fill(tail[:], end-tfevents.FooterSize); err != nil {
		return nil, err
	}
	behind := eventsPlace{Offset: end, Tail: binary.LittleEndian.Uint32(tail[:])}
	if length > maxRecord {
		f.at = behind
		return nil, nil
	}
	*buf = slices.Grow((*buf)[:0], int(length)+tfevents.FooterSize)[:length+tfevents.FooterSize]
	if err := f.fill(*buf, f.at.Offset+tfevents.HeaderSize); err != nil {
		return nil, err
	}
	data, err := tfevents.Payload(*buf)
	if err != nil && end == f.size {
		return nil, io.EOF
	}
	f.at = behind
	return data, nil
}

func (f *eventFile) fill(p []byte, at int64) error {
	n, err := f.file.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.EOF // it was shortened just now
	}
	return unreadable(f.path, err)
}
