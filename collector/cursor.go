package collector

import (
	"encoding/json"
	"hash/crc32"
	"time"

	"github.com/hone-tuner/hone"
)

// cursor is where a follower stands: all that another one needs to go on exactly there.
type cursor struct {
	Offset int64 `json:"offset"` // of the next line
	// Skip is how many readings of that line were handed over already.
	Skip      int    `json:"skip,omitempty"`
	Step      *int64 `json:"step,omitempty"`
	Fractions bool   `json:"fractions,omitempty"`
	// Inode and Tail tell whether the file is still the same: Tail is a checksum of the bytes before Offset.
	Inode uint64 `json:"inode,omitempty"`
	Tail  uint32 `json:"tail"`
}

// origin is where an attempt begins in a file that an earlier one may have left.
type origin struct {
	cursor
	written time.Time // the last time before the attempt
}

func originOf(e hone.Emission) origin {
	return origin{cursor{Offset: e.From, Inode: e.FromInode, Tail: e.FromSum}, e.FromTime}
}

// known reports whether there is more to the origin than its offset.
func (o origin) known() bool { return o.Offset > 0 && o.Inode != 0 }

func (c cursor) encode() []byte {
	data, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers only
	}
	return data
}

func decodeCursor(data []byte) (cursor, error) {
	var c cursor
	err := json.Unmarshal(data, &c)
	if err == nil && c.Offset >= 0 && c.Skip >= 0 {
		return c, nil
	}
	return cursor{}, hone.Errorf(hone.DataLoss,
		"where collecting stopped cannot be read (%q): it was stored by another version, or the store is damaged", data)
}

func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

// CursorOffset tells how many bytes of the standard output, or of a metrics file, lie before a cursor: they are not
// needed any more by whoever goes on there, but for the last ones, by which the file is known again. It is 0 for the
// cursors of other sources.
func CursorOffset(data []byte) int64 {
	c, err := decodeCursor(data)
	if err != nil {
		return 0
	}
	return c.Offset
}
