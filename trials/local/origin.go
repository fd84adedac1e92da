package local

import (
	"hash/crc32"
	"io"
	"os"
	"syscall"
	"time"

	hone "github.com/hone-tuner/hone"
)

// origin is how the metrics file stood before an attempt: what is in it then is not the attempt's.
type origin struct {
	From      int64     `json:"from,omitempty"`
	FromInode uint64    `json:"fromInode,omitempty"`
	FromSum   uint32    `json:"fromSum,omitempty"`
	FromTime  time.Time `json:"fromTime,omitzero"`
}

// originTail is how many bytes at its end a file is known again by.
const originTail = 32

// originOf looks at a file. One that is not there, or no file, has no origin. Of a folder of event files it is the
// time: events say themselves when they were written.
func originOf(path string) (o origin) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return origin{From: fileSize(path)}
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return origin{FromTime: time.Now().UTC()}
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return origin{}
	}
	o = origin{From: info.Size(), FromTime: info.ModTime().UTC()}
	tail := make([]byte, min(o.From, originTail))
	if _, err := io.ReadFull(io.NewSectionReader(f, o.From-int64(len(tail)), int64(len(tail))), tail); err != nil {
		return origin{From: o.From}
	}
	o.FromSum = crc32.ChecksumIEEE(tail)
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		o.FromInode = s.Ino
	}
	return o
}

func (o origin) into(e *hone.Emission) {
	e.From, e.FromInode, e.FromSum, e.FromTime = o.From, o.FromInode, o.FromSum, o.FromTime
}
