package tpe

import (
	"math"
	"slices"
	"sort"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// memory holds the trials by columns: first the finished ones in the order of the history, then the pending.
// It follows the requests; a trial that is new in the history costs a binary insertion into each column.
type memory struct {
	space    *hone.Space
	columns  []column
	id       string
	goal     hone.Goal
	finished int // rows of the history
	rows     int // and of the pending after them
	pending  []hone.Pending
	data     []entries
	set      []int32 // by row: which set of columns is active, by the order in which sets appeared; nil without conditions
	sets     map[string]int32
	cost     []float64 // of the finished; +Inf for one without a value
	rank     []int32   // the finished rows, the best first, and of equals the earlier
	feasible int
	cells    []cell
	key      []byte
}

// entries are what the rows have in one column.
type entries struct {
	k      []int32   // of a column with a table: the numbers of the values, and their count where not active
	u      []float64 // of one without: coordinates; 0.5 where the parameter is not active
	active []bool
	order  []int32 // and the rows where it is active, by coordinate, then by row
}

func newMemory(space *hone.Space) *memory {
	m := &memory{space: space, sets: map[string]int32{}}
	m.columns = newColumns(space)
	m.data = make([]entries, len(m.columns))
	m.cells, m.key = make([]cell, len(m.columns)), make([]byte, len(m.columns))
	return m
}

// follow brings the memory to the trials of a request.
func (m *memory) follow(turn points.Turn) {
	h := turn.History
	if h.ID() == "" || m.id != h.ID() || m.goal != turn.Objective.Goal || h.Len() < m.finished {
		m.truncate(0)
		m.id, m.goal, m.finished, m.feasible = h.ID(), turn.Objective.Goal, 0, 0
		m.pending, m.cost, m.rank = nil, m.cost[:0], m.rank[:0]
	}
	if h.Len() > m.finished || !m.continues(turn.Pending) {
		m.truncate(m.finished)
		m.pending = nil
	}
	for ; m.finished < h.Len(); m.finished++ {
		o := h.At(m.finished)
		m.add(o.Parameters)
		m.value(turn.Objective, o)
	}
	for _, p := range turn.Pending[len(m.pending):] {
		m.add(p.Parameters)
	}
	m.pending = turn.Pending
}

// continues reports whether the pending trials begin with those that are there already.
func (m *memory) continues(pending []hone.Pending) bool {
	if len(pending) < len(m.pending) {
		return false
	}
	for i, p := range m.pending {
		if !p.Parameters.Equal(pending[i].Parameters) {
			return false
		}
	}
	return true
}

// truncate drops the rows from n on.
func (m *memory) truncate(n int) {
	if m.rows == n {
		return
	}
	m.rows = n
	if m.set != nil {
		m.set = m.set[:n]
	}
	for j := range m.data {
		d := &m.data[j]
		if m.columns[j].tabled {
			d.k = d.k[:n]
			continue
		}
		d.u, d.active = d.u[:n], d.active[:n]
		d.order = slices.DeleteFunc(d.order, func(row int32) bool { return int(row) >= n })
	}
}

// add appends a row.
func (m *memory) add(a hone.Assignments) {
	encode(m.space, m.columns, a, m.cells)
	row := int32(m.rows)
	m.rows++
	if m.space.Conditional() {
		m.set = append(m.set, m.setOf(m.cells))
	}
	for j, c := range m.cells {
		d := &m.data[j]
		switch {
		case m.columns[j].tabled:
			d.k = append(d.k, int32(c.k))
		case math.IsNaN(c.u):
			d.u, d.active = append(d.u, 0.5), append(d.active, false)
		default:
			d.u, d.active = append(d.u, c.u), append(d.active, true)
			// Of equal coordinates, the new row is the last.
			at := sort.Search(len(d.order), func(i int) bool { return d.u[d.order[i]] > c.u })
			d.order = slices.Insert(d.order, at, row)
		}
	}
}

// value takes up what a trial resulted in.
func (m *memory) value(objective hone.Objective, o hone.Outcome) {
	cost := math.Inf(1)
	if o.Feasible() {
		cost = objective.Cost(o.Value)
		m.feasible++
	}
	at := sort.Search(len(m.rank), func(i int) bool { return m.cost[m.rank[i]] > cost })
	m.rank = slices.Insert(m.rank, at, int32(len(m.cost)))
	m.cost = append(m.cost, cost)
}

// setOf returns the number of the set of columns that are active in a point.
func (m *memory) setOf(cells []cell) int32 {
	for j := range cells {
		m.key[j] = '0'
		if !math.IsNaN(cells[j].u) {
			m.key[j] = '1'
		}
	}
	n, known := m.sets[string(m.key)]
	if !known {
		n = int32(len(m.sets))
		m.sets[string(m.key)] = n
	}
	return n
}
