package tpe

import (
	"cmp"
	"slices"

	"github.com/hone-tuner/hone"
)

// tuning has the constants that were chosen by measurement; docs/algorithms.md has the figures.
type tuning struct {
	share      float64 // of the finished trials that are good
	most       int     // of them
	improve    float64 // how much of the weight of the good goes by their improvement
	recent     int     // newest bad trials of full weight
	prior      float64 // weight of the uniform kernel beside one of a trial
	even       float64 // width of the kernels in tables, before it is made smaller
	candidates int     // drawn from the density of the good
	climb      int     // changes of the best of them that are looked at
	move       float64 // share of the other columns that a change takes along
	reach      float64 // the farthest distance of a change
	leastSet   int     // trials with the same active columns from which on these are modelled by themselves
}

func defaultTuning() tuning {
	return tuning{share: 0.1, most: 25, improve: 0.5, recent: 25, prior: 1, even: 0.14, candidates: 24, climb: 100, move: 0.2, reach: 0.2, leastSet: 6}
}

// search proposes points from what the memory holds.
type search struct {
	memory    *memory
	tuning    tuning
	goods     []int32 // the good rows, the best first
	part      []uint8 // by row: good, bad or other
	bads      int
	reference float64   // the cost of the best bad trial; +Inf when there is none
	weights   []float64 // of the good, 1 on average
	good, bad *density
	widths    []widths // by column
	order     []int32
}

// widths are those of the kernels in one column.
type widths struct {
	good []float64 // of the good, by place
	even float64   // of the good, in a table
	// Of the bad, by row, with the centre and the normaliser that go with them: most stay from one request to the next.
	bad, centre, norm []float64
}

func newSearch(space *hone.Space, t tuning) *search {
	m := newMemory(space)
	return &search{memory: m, tuning: t, good: newDensity(m.columns), bad: newDensity(m.columns), widths: make([]widths, len(m.columns))}
}

// learn makes the densities of what the memory holds.
func (s *search) learn(set int32) {
	s.split(set)
	s.weighGood()
	s.weighBad()
	for j := range s.memory.columns {
		if s.memory.columns[j].tabled {
			s.learnTable(j)
		} else {
			s.learnLine(j)
		}
	}
}

func (s *search) learnTable(j int) {
	c, data := &s.memory.columns[j], &s.memory.data[j]
	low, high := &s.good.parts[j], &s.bad.parts[j]
	low.k = low.k[:0]
	for _, row := range s.goods {
		low.k = append(low.k, data.k[row])
	}
	high.k = data.k
	n, m := len(s.goods), max(1, s.bads)
	if c.categorical {
		low.same, low.other = category(c.values, n+1)
		high.same, high.other = category(c.values, m+1)
		return
	}
	dimensions := len(s.memory.columns)
	s.widths[j].even = s.tuning.evenWidth(n, dimensions)
	low.table = tableOf(c, s.widths[j].even, low.table)
	high.table = tableOf(c, s.tuning.evenWidth(m, dimensions), high.table)
}

func (s *search) learnLine(j int) {
	data, w := &s.memory.data[j], &s.widths[j]
	s.learnGood(j)
	p, n := &s.bad.parts[j], s.memory.rows
	p.u, p.scale = data.u, resize(p.scale, n)
	clear(p.scale)
	w.bad, w.centre, w.norm = resize(w.bad, n), resize(w.centre, n), resize(w.norm, n)
	if p.conditional {
		p.norm = resize(p.norm, n)
		clear(p.norm)
	}
	gapWidths(p.u, data.order, s.part, leastWidth(s.bads+1), func(row int32, width float64) {
		if w.bad[row] != width || w.centre[row] != p.u[row] {
			w.bad[row], w.centre[row], w.norm[row] = width, p.u[row], normaliser(p.u[row], width)
		}
		p.scale[row] = 1 / (2 * width * width)
		if p.conditional {
			p.norm[row] = w.norm[row]
		} else {
			s.bad.base[row] += w.norm[row]
		}
	})
}

// learnGood makes the kernels of the good in a column without a table.
func (s *search) learnGood(j int) {
	data, w, p := &s.memory.data[j], &s.widths[j], &s.good.parts[j]
	n := len(s.goods)
	p.u, p.scale, p.norm, w.good = resize(p.u, n), resize(p.scale, n), resize(p.norm, n), resize(w.good, n)
	s.order = s.order[:0]
	for i, row := range s.goods {
		p.u[i], p.scale[i], p.norm[i] = data.u[row], 0, 0
		if data.active[row] {
			s.order = append(s.order, int32(i))
		}
	}
	slices.SortStableFunc(s.order, func(a, b int32) int { return cmp.Compare(p.u[a], p.u[b]) })
	gapWidths(p.u, s.order, nil, leastWidth(n+1), func(i int32, width float64) {
		w.good[i], p.scale[i], p.norm[i] = width, 1/(2*width*width), normaliser(p.u[i], width)
		if !p.conditional {
			s.good.base[i] += p.norm[i]
		}
	})
}
