package bolt

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"
	"syscall"

	"github.com/hone-tuner/hone"
)

// A bbolt file begins with two meta pages, of which the newer valid one counts. Each has a page header of
// 16 bytes and 64 bytes in the byte order of the machine: magic, version, page size, flags (4 bytes each);
// root page and its sequence, free list, number of pages, transaction, checksum (8 bytes each).
const (
	pageHeader  = 16
	metaSize    = 64
	metaMagic   = 0xED0CDAED
	metaVersion = 2
)

type meta struct {
	pageSize int64
	root     uint64 // the page under which the buckets are
	freelist uint64 // the page that lists the free ones
	pages    int64  // how many the file must have
	tx       uint64
}

// openLocked opens the file for bbolt: it must be there, be ours alone and have a sound beginning before
// bbolt maps it. bbolt itself would make a new store of an empty file, and die reading a short one.
func openLocked(path string, _ int, mode os.FileMode) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, mode)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		err = checkHeader(path, file)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// checkHeader says what is wrong with the beginning of a file, or with its length.
func checkHeader(path string, file *os.File) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return hone.Errorf(hone.InvalidArgument, "store %s: it is no regular file; choose another path", path)
	case info.Size() == 0:
		return hone.Errorf(hone.DataLoss, "store %s: the file is empty, which a store never is: its content was lost; restore it from a backup, or delete it to begin anew", path)
	}
	newest, known, err := newestMeta(file)
	switch {
	case err != nil:
		return err
	case newest.pageSize == 0 && known:
		return hone.Errorf(hone.DataLoss, "store %s: the beginning of the file is damaged (no valid checksum); restore it from a backup", path)
	case newest.pageSize == 0:
		return hone.Errorf(hone.DataLoss, "store %s: the file is not a store of hone, or its beginning was overwritten; restore it from a backup, or choose another data directory", path)
	case info.Size() < newest.pages*newest.pageSize:
		return hone.Errorf(hone.DataLoss, "store %s: the file was cut off: it has %d bytes and needs %d; restore it from a backup", path, info.Size(), newest.pages*newest.pageSize)
	}
	return nil
}

// newestMeta finds the meta page that counts, and whether any place looked like one. The second page
// begins where the first one says, or at a power of two when the first is lost.
func newestMeta(file *os.File) (newest meta, known bool, err error) {
	for at := int64(0); at <= 1<<24; at = max(1024, 2*at) {
		var page [pageHeader + metaSize]byte
		if _, err := file.ReadAt(page[:], at); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return newest, known, err
		}
		m, magic, valid := parseMeta(page[pageHeader:])
		known = known || magic
		if valid && (at == 0 || at == m.pageSize) && m.tx >= newest.tx {
			newest = m
		}
	}
	return newest, known, nil
}

func parseMeta(data []byte) (m meta, magic, valid bool) {
	order := binary.NativeEndian
	sum := fnv.New64a()
	_, _ = sum.Write(data[:56])
	magic = order.Uint32(data) == metaMagic
	valid = magic && order.Uint32(data[4:]) == metaVersion && order.Uint64(data[56:]) == sum.Sum64()
	m = meta{pageSize: int64(order.Uint32(data[8:])), root: order.Uint64(data[16:]), freelist: order.Uint64(data[32:]), pages: int64(order.Uint64(data[40:])), tx: order.Uint64(data[48:])}
	return m, magic, valid && m.pageSize >= 512 && m.pages > 0 && m.pageSize <= 1<<24 && m.pages < 1<<36
}
