package points

import "github.com/hone-tuner/hone"

// Index remembers which points stand in a history, from one request to the next: a request costs what is
// new in the history. The zero value is ready for use, by one goroutine at a time.
type Index struct {
	id    string
	n     int            // entries of the history that are in first
	first map[string]int // key of a point → its first place in the history
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
	for _, p := range pending {
		t.Add(p.Parameters)
	}
	return t
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
func (t *Taken) Add(a hone.Assignments) {
	t.pending[a.Key()] = struct{}{}
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
