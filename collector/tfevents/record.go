package tfevents

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A record is the length of its data (8 bytes, little endian), a checksum of these bytes, the data, and a checksum
// of it. Checksums are CRC-32C, masked, 4 bytes.
const (
	// HeaderSize is how many bytes come before the data.
	HeaderSize = 12
	// FooterSize is how many bytes come after it.
	FooterSize = 4
	// MaxLength is the longest data that a record is taken to have; a longer one is damage.
	MaxLength = 1 << 40
)

// ErrDamaged says that bytes are not what a writer wrote: not yet, if the file is being written to.
var ErrDamaged = errors.New("the record is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func masked(data []byte) uint32 {
	const delta = 0xa282ead8
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + delta
}

// Header reads the first HeaderSize bytes of a record and returns the length of its data.
func Header(head []byte) (length int64, err error) {
	if len(head) < HeaderSize || masked(head[:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return 0, ErrDamaged
	}
	n := binary.LittleEndian.Uint64(head)
	if n > MaxLength {
		return 0, ErrDamaged
	}
	return int64(n), nil
}

// Payload checks what follows the header, data and checksum, and returns the data.
func Payload(body []byte) (data []byte, err error) {
	if len(body) < FooterSize {
		return nil, ErrDamaged
	}
	data = body[:len(body)-FooterSize]
	if masked(data) != binary.LittleEndian.Uint32(body[len(data):]) {
		return nil, ErrDamaged
	}
	return data, nil
}

// Append appends a record. It is for those who make event files, such as tests.
func Append(file, data []byte) []byte {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(data)))
	file = append(file, length[:]...)
	file = binary.LittleEndian.AppendUint32(file, masked(length[:]))
	file = append(file, data...)
	return binary.LittleEndian.AppendUint32(file, masked(data))
}
