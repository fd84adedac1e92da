package points

import "github.com/hone-tuner/hone"

// Index remembers which points stand in a history, from one request to the next: a request costs what is
// new in the history. The zero value is ready for use, by one goroutine at a time.
type Index struct {
	id    string
	n     int            // entries of the history that are in first
	first map[string]int // key of a point → its first place in the history
	keys  map[int]keyed  // of the pending, by number: thousands may wait, and few are new
}

// keyed is a point with its key. Nobody changes a point, so that it is known by where it lies.
type keyed struct {
	point *hone.Assignment
	size  int
	key   string
}

func (x *Index) update(h hone.History) {
	if x.first == nil || h.ID() == "" || h.ID() != x.id {
		*x = Index{id: h.ID(), first: make(map[string]int, h.Len())}
	}
	for ; x.n < h.Len(); x.n++ {
		key := h.At(x.n).Parameters.Key()
		if _, there := x.first[key]; !there {
			x.first[key] = x.n
		}
	}
}

// Taken returns the points that stand in the history or among the pending. It is good until the index is
// asked again.
func (x *Index) Taken(h hone.History, pending []hone.Pending) *Taken {
	x.update(h)
	t := &Taken{index: x, history: h, pending: make(map[string]struct{}, len(pending))}
	if len(x.keys) > 2*len(pending)+64 {
		clear(x.keys)
	}
	for _, p := range pending {
		t.add(p.Parameters, x.key(p))
	}
	return t
}

// key returns the key of a pending point.
func (x *Index) key(p hone.Pending) string {
	size := len(p.Parameters)
	if size == 0 {
		return p.Parameters.Key()
	}
	point := &p.Parameters[0]
	if known := x.keys[p.Number]; known.point == point && known.size == size {
		return known.key
	}
	if x.keys == nil {
		x.keys = map[int]keyed{}
	}
	key := p.Parameters.Key()
	x.keys[p.Number] = keyed{point, size, key}
	return key
}

// Taken is a set of points that are not to be proposed again.
type Taken struct {
	index   *Index
	history hone.History
	pending map[string]struct{}
	added   []hone.Assignments // the pending, in their order
}

// Has reports whether the point is taken.
func (t *Taken) Has(a hone.Assignments) bool {
	key := a.Key()
	return t.done(key) || t.waits(key)
}

// Add takes a point, as pending.
func (t *Taken) Add(a hone.Assignments) { t.add(a, a.Key()) }

func (t *Taken) add(a hone.Assignments, key string) {
	t.pending[key] = struct{}{}
	t.added = append(t.added, a)
}

// done reports whether the point is in the history. The index may know a longer view of it.
func (t *Taken) done(key string) bool {
	i, there := t.index.first[key]
	return there && i < t.history.Len()
}

func (t *Taken) waits(key string) bool {
	_, there := t.pending[key]
	return there
}

// known counts the points that known returns.
func (t *Taken) knownLen() int { return t.history.Len() + len(t.added) }

// known returns the i-th of all taken points.
func (t *Taken) known(i int) hone.Assignments {
	if i < t.history.Len() {
		return t.history.At(i).Parameters
	}
	return t.added[i-t.history.Len()]
}
