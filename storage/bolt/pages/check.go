package pages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
)

// Damage is something that is wrong with a page.
type Damage struct {
	Page   uint64
	Bucket string // that it belongs to; "" where that is unknown
	What   string
}

// Result is what Check found.
type Result struct {
	// Free counts the pages that are free, Buckets the pages of each bucket.
	Free    uint64
	Buckets map[string]uint64
}

// Check looks at every page: whether it can be read, is laid out as bbolt does it, has its keys in order and
// where they are looked for, and is used once or listed as free. found is told of what is wrong, looked how
// many pages were seen. What Check found damaged is passed over by Scan later.
func (f *File) Check(ctx context.Context, looked func(pages uint64), found func(Damage)) (Result, error) {
	c := &check{File: f, ctx: ctx, looked: looked, found: found, result: Result{Buckets: map[string]uint64{}},
		used: make([]uint64, (f.Count+63)/64)}
	c.take(0, 1)
	c.tree("", f.Root, nil, nil, 0)
	c.freelist()
	return c.result, ctx.Err()
}

type check struct {
	*File
	ctx    context.Context //nolint:containedctx // of one call
	looked func(uint64)
	found  func(Damage)
	result Result
	used   []uint64 // a bit for each page
	seen   uint64
}

// take notes that pages are used; false if one is so already.
func (c *check) take(id, further uint64) bool {
	for i := id; i <= id+further; i++ {
		if c.used[i/64]&(1<<(i%64)) != 0 {
			return false
		}
	}
	for i := id; i <= id+further; i++ {
		c.used[i/64] |= 1 << (i % 64)
	}
	c.seen += further + 1
	c.looked(c.seen)
	return true
}

func (c *check) damage(bucket string, id uint64, err error) {
	c.bad[id] = true
	c.found(Damage{Page: id, Bucket: bucket, What: err.Error()})
}

// tree goes through a tree whose keys must be at or behind low, and before high (nil is no bound).
func (c *check) tree(bucket string, id uint64, low, high []byte, depth int) {
	if c.ctx.Err() != nil {
		return
	}
	p, entries, err := c.node(id)
	if err == nil && depth > deepest {
		err = errors.New("lies too deep: the tree leads in a circle")
	}
	if err == nil && !c.take(id, p.overflow) {
		err = errors.New("is used twice")
	}
	if err == nil && !within(entries, low, high) {
		err = errors.New("has keys that do not belong there")
	}
	if err != nil {
		c.damage(bucket, id, err)
		return
	}
	c.result.Buckets[bucket] += p.overflow + 1
	for i, e := range entries {
		switch {
		case p.flags == branchFlag:
			next := high
			if i+1 < len(entries) {
				next = entries[i+1].key
			}
			c.tree(bucket, e.child, e.key, next, depth+1)
		case e.bucket:
			c.bucket(bucket, id, e, depth)
		}
	}
}

// within reports whether all keys are at or behind low, and before high.
func within(entries []entry, low, high []byte) bool {
	return len(entries) == 0 || bytes.Compare(entries[0].key, low) >= 0 &&
		(high == nil || bytes.Compare(entries[len(entries)-1].key, high) < 0)
}

// bucket goes into a bucket that an entry of a page holds.
func (c *check) bucket(parent string, id uint64, e entry, depth int) {
	name := string(e.key)
	if parent != "" {
		name = parent + "/" + name
	}
	b, err := c.bucketOf(e.value)
	if err != nil {
		c.found(Damage{Page: id, Bucket: name, What: err.Error()})
		return
	}
	if b.root != 0 {
		c.tree(name, b.root, nil, nil, depth+1)
	}
}

// freelist compares the list of free pages with those that are used.
func (c *check) freelist() {
	if c.ctx.Err() != nil || c.Freelist == math.MaxUint64 { // a file that is written without one
		return
	}
	p, err := c.read(c.Freelist)
	if err == nil && p.flags != freelistFlag {
		err = fmt.Errorf("is not the list of free pages (its flags are %#x)", p.flags)
	}
	if err == nil && !c.take(c.Freelist, p.overflow) {
		err = errors.New("is used twice: by the list of free pages, too")
	}
	var ids []uint64
	if err == nil {
		ids, err = p.free()
	}
	if err != nil {
		c.damage("", c.Freelist, err)
		return
	}
	for _, id := range ids {
		switch {
		case id < 2 || id >= c.Count:
			c.found(Damage{Page: c.Freelist, What: fmt.Sprintf("lists page %d as free, which the file has not", id)})
		case !c.take(id, 0):
			c.found(Damage{Page: id, What: "is used, and listed as free: the next write may destroy it"})
		default:
			c.result.Free++
		}
	}
	if lost := c.Count - c.seen; lost > 0 && len(c.bad) == 0 {
		c.found(Damage{Page: c.firstLost(), What: fmt.Sprintf("is neither used nor listed as free (one of %d such pages)", lost)})
	}
}

func (c *check) firstLost() uint64 {
	for id := range c.Count {
		if c.used[id/64]&(1<<(id%64)) == 0 {
			return id
		}
	}
	return 0
}
