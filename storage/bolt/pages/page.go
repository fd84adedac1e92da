package pages

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// What bbolt writes: the byte order is that of the machine.
const (
	headerSize  = 16 // id (8), flags (2), count (2), overflow (4)
	elementSize = 16 // of branches: pos (4), key size (4), page (8); of leaves: flags, pos, key size, value size (4 each)

	branchFlag   = 0x01
	leafFlag     = 0x02
	freelistFlag = 0x10

	bucketEntry = 0x01 // the value of a leaf's entry is a bucket
)

func order() binary.ByteOrder { return binary.NativeEndian }

// page is a page with its overflow, as it was read.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow uint64
	data     []byte // with the header
}

// parseHeader reads the first bytes of a page.
func parseHeader(data []byte) page {
	return page{id: order().Uint64(data), flags: order().Uint16(data[8:]), count: int(order().Uint16(data[10:])),
		overflow: uint64(order().Uint32(data[12:])), data: data}
}

// entry is a key with a value or, in branches, with the page that the key leads to.
type entry struct {
	key, value []byte
	bucket     bool
	child      uint64
}

// entries reads the entries of a branch or a leaf. bbolt writes keys and values one behind the other right
// after the table of elements; anything else is damage.
func (p page) entries() ([]entry, error) {
	next := headerSize + p.count*elementSize
	if next > len(p.data) {
		return nil, fmt.Errorf("says that it has %d entries, for which it is too small", p.count)
	}
	out := make([]entry, p.count)
	for i := range out {
		at := headerSize + i*elementSize
		e := p.data[at : at+elementSize]
		pos, keySize, valueSize := order().Uint32(e[4:]), order().Uint32(e[8:]), order().Uint32(e[12:])
		if p.flags == branchFlag {
			pos, keySize, valueSize = order().Uint32(e), order().Uint32(e[4:]), 0
			out[i].child = order().Uint64(e[8:])
		} else {
			if flags := order().Uint32(e); flags > bucketEntry {
				return nil, fmt.Errorf("entry %d has unknown flags %#x", i, flags)
			}
			out[i].bucket = order().Uint32(e) == bucketEntry
		}
		end := next + int(keySize) + int(valueSize)
		if at+int(pos) != next || end > len(p.data) {
			return nil, fmt.Errorf("entry %d does not lie where it must", i)
		}
		out[i].key = p.data[next : next+int(keySize)]
		out[i].value = p.data[next+int(keySize) : end]
		next = end
	}
	return out, inOrder(out)
}

func inOrder(entries []entry) error {
	for i := 1; i < len(entries); i++ {
		if bytes.Compare(entries[i-1].key, entries[i].key) >= 0 {
			return fmt.Errorf("the keys of entries %d and %d are out of order", i-1, i)
		}
	}
	return nil
}

// free reads a list of free pages.
func (p page) free() ([]uint64, error) {
	count, at := uint64(p.count), headerSize
	if p.count == 0xFFFF { // too many for the header: the number stands first
		count, at = order().Uint64(p.data[at:]), at+8
	}
	if count > uint64(len(p.data)-at)/8 {
		return nil, fmt.Errorf("says that %d pages are free, for which it is too small", count)
	}
	ids := make([]uint64, count)
	for i := range ids {
		ids[i] = order().Uint64(p.data[at+8*i:])
		if i > 0 && ids[i-1] >= ids[i] {
			return nil, fmt.Errorf("lists free pages out of order, at place %d", i)
		}
	}
	return ids, nil
}
