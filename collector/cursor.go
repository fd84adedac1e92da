package collector

import (
	"encoding/json"
	"hash/crc32"

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
