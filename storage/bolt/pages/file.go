package pages

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Layout is what the meta page that counts says of a file.
type Layout struct {
	PageSize int64
	Count    uint64 // of pages
	Root     uint64 // the page under which the buckets are
	Freelist uint64 // the page that lists the free ones
}

// deepest is how many levels a tree may have. bbolt's have a handful.
const deepest = 40

// File is a bbolt file.
type File struct {
	Layout
	r io.ReaderAt
	// bad pages are not gone into: they cannot be read, or are used twice.
	bad map[uint64]bool
}

// New makes a File of one that has all its pages.
func New(r io.ReaderAt, l Layout) *File { return &File{Layout: l, r: r, bad: map[uint64]bool{}} }

// read reads a page with its overflow.
func (f *File) read(id uint64) (page, error) {
	if id < 2 || id >= f.Count {
		return page{}, fmt.Errorf("page %d is not one of the file's %d", id, f.Count)
	}
	data := make([]byte, f.PageSize)
	if _, err := f.r.ReadAt(data, int64(id)*f.PageSize); err != nil {
		return page{}, fmt.Errorf("cannot be read: %w", err)
	}
	p := parseHeader(data)
	switch {
	case p.id != id:
		return p, fmt.Errorf("says that it is page %d", p.id)
	case p.overflow >= f.Count-id:
		return p, fmt.Errorf("says that it has %d further pages, which the file has not", p.overflow)
	case p.overflow > 0:
		p.data = make([]byte, (int64(p.overflow)+1)*f.PageSize)
		if _, err := f.r.ReadAt(p.data, int64(id)*f.PageSize); err != nil {
			return p, fmt.Errorf("cannot be read: %w", err)
		}
	}
	return p, nil
}

// node reads a page of a tree.
func (f *File) node(id uint64) (page, []entry, error) {
	p, err := f.read(id)
	if err != nil {
		return p, nil, err
	}
	if p.flags != branchFlag && p.flags != leafFlag {
		return p, nil, fmt.Errorf("is no page of a tree (its flags are %#x)", p.flags)
	}
	if p.flags == branchFlag && p.count == 0 {
		return p, nil, errors.New("leads nowhere")
	}
	entries, err := p.entries()
	return p, entries, err
}

// Bucket is a bucket of the file.
type Bucket struct {
	f    *File
	root uint64
	// inline is the bucket's one page when it is so small that it lies in its parent.
	inline []entry
	// Sequence is the number that the bucket counts.
	Sequence uint64
}

// bucketOf reads the value of an entry that is a bucket.
func (f *File) bucketOf(value []byte) (*Bucket, error) {
	if len(value) < headerSize {
		return nil, errors.New("a bucket has no root")
	}
	b := &Bucket{f: f, root: order().Uint64(value), Sequence: order().Uint64(value[8:])}
	if b.root != 0 {
		if len(value) != headerSize {
			return nil, errors.New("something follows the root of a bucket")
		}
		return b, nil
	}
	if len(value) < 2*headerSize {
		return nil, errors.New("a small bucket has no page")
	}
	p := parseHeader(value[headerSize:])
	if p.flags != leafFlag {
		return nil, fmt.Errorf("a small bucket's page has the flags %#x", p.flags)
	}
	var err error
	b.inline, err = p.entries()
	return b, err
}

// Bucket finds a bucket by its name; nil where it is missing or cannot be read.
func (f *File) Bucket(name string) (found *Bucket) {
	f.scan(f.Root, []byte(name), 0, func(e entry) bool {
		if e.bucket && string(e.key) == name {
			found, _ = f.bucketOf(e.value)
		}
		return false
	})
	return found
}

// Scan calls visit for the entries whose keys are at or behind from, in their order, until it returns false.
// What is damaged is passed over. Keys and values are only good during the call.
func (b *Bucket) Scan(from []byte, visit func(key, value []byte) bool) {
	if b == nil {
		return
	}
	each := func(e entry) bool { return e.bucket || visit(e.key, e.value) }
	if b.root != 0 {
		b.f.scan(b.root, from, 0, each)
		return
	}
	for _, e := range b.inline {
		if bytes.Compare(e.key, from) >= 0 && !each(e) {
			return
		}
	}
}

// scan goes through the entries of a tree from a key on; false ends it.
func (f *File) scan(id uint64, from []byte, depth int, visit func(entry) bool) bool {
	if f.bad[id] || depth > deepest {
		return true
	}
	p, entries, err := f.node(id)
	if err != nil {
		return true
	}
	for i, e := range entries {
		switch {
		case p.flags == branchFlag:
			if i+1 < len(entries) && bytes.Compare(entries[i+1].key, from) <= 0 {
				continue // all of it lies before
			}
			if !f.scan(e.child, from, depth+1, visit) {
				return false
			}
		case bytes.Compare(e.key, from) >= 0 && !visit(e):
			return false
		}
	}
	return true
}
