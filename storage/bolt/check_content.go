package bolt

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/hone-tuner/hone/storage/codec"
)

// lying is what the small buckets say of one slot.
type lying struct {
	uid, name   string // of "uids": the UID and the name of the experiment
	key         string // of "names": namespace, 0, name
	spec, state []byte
}

// content looks at the records and the indexes, experiment by experiment.
func (c *checker) content() error {
	slots, deleted := c.slots(), map[slot]bool{}
	c.each(deletedBucket, 4, func(key, _ []byte) { deleted[slotOf(key)] = true })
	newest := slot(0)
	for at := range slots {
		newest = max(newest, at)
	}
	if b := c.bucket(uidBucket); b != nil && (b.Sequence < uint64(newest) || b.Sequence > math.MaxUint32) {
		c.report.find(`bucket "uids"`, "its counter is %d, and there is an experiment in slot %d: a new one could be put over it", b.Sequence, newest)
	}
	done := int64(0)
	for _, at := range slices.Sorted(maps.Keys(slots)) {
		if err := c.experiment(at, slots[at]); err != nil {
			return err
		}
		done++
		c.progress(Progress{Doing: "experiments", Done: done, Total: int64(len(slots))})
	}
	c.each(tokenBucket, 0, func(k, v []byte) {
		if t, err := codec.DecodeToken(v); err != nil {
			c.report.find(fmt.Sprintf("token %q", k), "%v", err)
		} else if t.ID != string(k) {
			c.report.find(fmt.Sprintf("token %q", k), "the token %q stands in its place", t.ID)
		}
	})
	for _, b := range contents() {
		c.strays(b, func(at slot) bool { return slots[at] != nil || deleted[at] })
	}
	return nil
}

// each goes through a bucket whose keys have a length (0 for any), and says which have another.
func (c *checker) each(b bucket, length int, visit func(key, value []byte)) {
	c.bucket(b).Scan(nil, func(k, v []byte) bool {
		if length > 0 && len(k) != length {
			c.report.find(fmt.Sprintf("bucket %q", b.name), "the key %x is malformed", k)
		} else {
			visit(k, v)
		}
		return true
	})
}

// slots gathers what the small buckets say.
func (c *checker) slots() map[slot]*lying {
	slots := map[slot]*lying{}
	of := func(at slot) *lying {
		if slots[at] == nil {
			slots[at] = &lying{}
		}
		return slots[at]
	}
	c.each(uidBucket, 0, func(k, v []byte) {
		if len(v) < 4 {
			c.report.find(`bucket "uids"`, "the UID %q leads nowhere", k)
			return
		}
		if l := of(slotOf(v)); l.uid != "" {
			c.report.find(`bucket "uids"`, "the UIDs %q and %q lead to one experiment", l.uid, k)
		} else {
			l.uid, l.name = string(k), string(v[4:])
		}
	})
	c.each(nameBucket, 0, func(k, v []byte) {
		if len(v) != 4 {
			c.report.find(`bucket "names"`, "the name %q leads nowhere", k)
			return
		}
		if l := of(slotOf(v)); l.key != "" {
			c.report.find(`bucket "names"`, "the names %q and %q lead to one experiment", l.key, k)
		} else {
			l.key = string(k)
		}
	})
	c.each(specBucket, 4, func(k, v []byte) { of(slotOf(k)).spec = bytes.Clone(v) })
	c.each(stateBucket, 4, func(k, v []byte) { of(slotOf(k)).state = bytes.Clone(v) })
	return slots
}

// strays looks for records of experiments that do not exist.
func (c *checker) strays(b bucket, known func(slot) bool) {
	for from := []byte(nil); ; {
		var at slot
		found := false
		c.bucket(b).Scan(from, func(k, _ []byte) bool {
			if len(k) < 4 {
				c.report.find(fmt.Sprintf("bucket %q", b.name), "the key %x is malformed", k)
				return true
			}
			at, found = slotOf(k), true
			return false
		})
		if !found {
			return
		}
		if !known(at) {
			c.report.find(fmt.Sprintf("bucket %q", b.name), "it has records in slot %d, where there is no experiment", at)
		}
		if at == math.MaxUint32 {
			return
		}
		from = (at + 1).key()
	}
}

// experiment looks at all that belongs to one experiment.
func (c *checker) experiment(at slot, l *lying) error {
	e, err := codec.DecodeExperiment(l.spec)
	if err != nil {
		where := fmt.Sprintf("experiment %q", l.name)
		if l.spec == nil {
			c.report.find(where, "its spec is missing (slot %d)", at)
		} else {
			c.report.find(where, "its spec: %v (slot %d)", err, at)
		}
		return nil
	}
	x := &expected{checker: c, slot: at, where: "experiment " + e.Namespace + "/" + e.Name, exp: e}
	if l.uid != e.UID || l.name != e.Name {
		x.find("it is not found by its UID %q: \"uids\" has %q with the name %q", e.UID, l.uid, l.name)
	}
	if l.key != string(nameKey(e.Namespace, e.Name)) {
		x.find("it is not found by its name: \"names\" has %q", l.key)
	}
	c.report.Experiments++
	return x.check(l.state)
}
