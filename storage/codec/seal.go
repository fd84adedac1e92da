package codec

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/hone-tuner/hone"
)

// A record is one version byte, the payload, and the CRC-32C of both in four bytes, little endian.
const (
	jsonV1   = 'J'
	chunkV1  = 'C'
	overhead = 1 + crc32.Size
)

// begin starts a record of a version with room for a payload.
func begin(version byte, size int) []byte {
	return append(make([]byte, 0, size+overhead), version)
}

// seal ends a record.
func seal(record []byte) []byte {
	return binary.LittleEndian.AppendUint32(record, checksum(record))
}

// unseal checks a record and returns its payload, which shares its memory.
func unseal(version byte, record []byte) ([]byte, error) {
	n := len(record) - crc32.Size
	if n < 1 || checksum(record[:n]) != binary.LittleEndian.Uint32(record[n:]) {
		return nil, hone.Errorf(hone.DataLoss, "a record of %d bytes is damaged: its checksum does not fit", len(record))
	}
	if record[0] != version {
		return nil, hone.Errorf(hone.DataLoss, "a record is of version %q where %q was expected", record[0], version)
	}
	return record[1:n], nil
}

func checksum(data []byte) uint32 {
	return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}
