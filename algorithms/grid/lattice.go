package grid

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// lattice counts and addresses the points of a grid. Parameters that no condition links are independent of
// each other, so the grid is the product of groups; within a group, points are counted value by value
// of the parameters that conditions look at.
type lattice struct {
	space  *hone.Space
	groups []*group
	total  *big.Int
}

// axis is one parameter and its values in the grid.
type axis struct {
	p      hone.Parameter
	place  int // in the space
	levels int
	// named are the levels that a condition of another parameter names, in their order. All others
	// have the same points behind them.
	named []int
	value func(level int) hone.Value
}

func newLattice(space *hone.Space, points int) *lattice {
	l := &lattice{space: space, total: big.NewInt(1)}
	axes := make([]axis, space.Len())
	for i, p := range space.Parameters() {
		axes[i] = newAxis(space, i, p, points)
	}
	nameLevels(axes)
	for _, members := range linked(space) {
		g := &group{counts: map[string]*big.Int{}}
		for _, i := range members {
			g.axes = append(g.axes, axes[i])
		}
		g.total = g.count(0, nil)
		l.groups = append(l.groups, g)
		l.total.Mul(l.total, g.total)
	}
	return l
}

func newAxis(space *hone.Space, i int, p hone.Parameter, points int) axis {
	if !p.Continuous() {
		return axis{p: p, place: i, levels: p.Cardinality(), value: p.At}
	}
	return axis{p: p, place: i, levels: points, value: func(level int) hone.Value {
		switch {
		case points == 1:
			return space.ValueAt(i, 0.5)
		case level == 0:
			return hone.Number(p.Min)
		case level == points-1:
			return hone.Number(p.Max)
		}
		return space.ValueAt(i, float64(level)/float64(points-1))
	}}
}

// nameLevels fills in which levels conditions name.
func nameLevels(axes []axis) {
	wanted := map[string]map[hone.Value]bool{}
	for _, x := range axes {
		for _, c := range x.p.Conditions {
			if wanted[c.Parameter] == nil {
				wanted[c.Parameter] = map[hone.Value]bool{}
			}
			for _, v := range c.Values {
				wanted[c.Parameter][v] = true
			}
		}
	}
	for i := range axes {
		x := &axes[i]
		values := wanted[x.p.Name]
		if len(values) == 0 {
			continue
		}
		if !x.p.Continuous() {
			for v := range values {
				x.named = append(x.named, x.p.Index(v))
			}
			slices.Sort(x.named)
			continue
		}
		for level := range x.levels {
			if values[x.value(level)] {
				x.named = append(x.named, level)
			}
		}
	}
}

// linked splits the parameters into groups that are connected by conditions, each in the order of the space.
func linked(space *hone.Space) [][]int {
	of := make([]int, space.Len()) // parameter → its group
	var groups [][]int
	for i, p := range space.Parameters() {
		of[i] = len(groups)
		groups = append(groups, []int{i})
		for _, c := range p.Conditions {
			from := of[space.Lookup(c.Parameter)]
			if from == of[i] {
				continue
			}
			for _, member := range groups[from] {
				of[member] = of[i]
			}
			groups[of[i]] = append(groups[from], groups[of[i]]...)
			groups[from] = nil
		}
	}
	kept := groups[:0]
	for _, g := range groups {
		if len(g) > 0 {
			kept = append(kept, g)
		}
	}
	return kept
}

// at returns the point of an index, 0 ≤ index < total. It changes the index.
func (l *lattice) at(index *big.Int) hone.Assignments {
	values := make([]hone.Value, l.space.Len())
	var digit big.Int
	for i := len(l.groups) - 1; i >= 0; i-- {
		g := l.groups[i]
		index.QuoRem(index, g.total, &digit)
		if x := g.axes[0]; len(g.axes) == 1 { // nothing to count
			values[x.place] = x.value(int(digit.Int64()))
			continue
		}
		g.at(&digit, values)
	}
	a := make(hone.Assignments, 0, len(values))
	for i, p := range l.space.Parameters() {
		if !values[i].IsZero() {
			a = append(a, hone.Assignment{Parameter: p.Name, Value: values[i]})
		}
	}
	return a
}

// group is a set of parameters that conditions link.
type group struct {
	axes   []axis
	total  *big.Int
	counts map[string]*big.Int // what count has found, by position and the values that matter behind it
}

// count counts the ways to go on from position i, given the values of the axes before it.
func (g *group) count(i int, before hone.Assignments) *big.Int {
	if i == len(g.axes) {
		return big.NewInt(1)
	}
	key := g.key(i, before)
	if n, known := g.counts[key]; known {
		return n
	}
	n := new(big.Int)
	for _, s := range g.spans(i, before) {
		n.Add(n, new(big.Int).Mul(s.each, big.NewInt(int64(s.levels))))
	}
	g.counts[key] = n
	return n
}

// at writes the values of the point of an index to their places.
func (g *group) at(index *big.Int, values []hone.Value) {
	var before hone.Assignments
	for i, x := range g.axes {
		for _, s := range g.spans(i, before) {
			all := new(big.Int).Mul(s.each, big.NewInt(int64(s.levels)))
			if index.Cmp(all) >= 0 {
				index.Sub(index, all)
				continue
			}
			if s.first < 0 {
				break // not active
			}
			var level big.Int
			level.QuoRem(index, s.each, index)
			values[x.place] = x.value(s.first + int(level.Int64()))
			if len(x.named) > 0 {
				before = append(before, hone.Assignment{Parameter: x.p.Name, Value: values[x.place]})
			}
			break
		}
	}
}

// span is a run of levels with equally many points behind each.
type span struct {
	first, levels int // first is -1 for a parameter that is not active
	each          *big.Int
}

// spans splits the levels of position i into runs.
func (g *group) spans(i int, before hone.Assignments) []span {
	x := g.axes[i]
	switch {
	case !active(x.p, before):
		return []span{{first: -1, levels: 1, each: g.count(i+1, before)}}
	case len(x.named) == 0:
		return []span{{first: 0, levels: x.levels, each: g.count(i+1, before)}}
	}
	var all []span
	add := func(first, levels int) {
		if levels > 0 {
			with := append(before[:len(before):len(before)], hone.Assignment{Parameter: x.p.Name, Value: x.value(first)})
			all = append(all, span{first: first, levels: levels, each: g.count(i+1, with)})
		}
	}
	next := 0
	for _, level := range x.named {
		add(next, level-next)
		add(level, 1)
		next = level + 1
	}
	add(next, x.levels-next)
	return all
}

func active(p hone.Parameter, before hone.Assignments) bool {
	for _, c := range p.Conditions {
		v, ok := before.Get(c.Parameter)
		if !ok {
			return false
		}
		holds := false
		for _, w := range c.Values {
			holds = holds || w == v
		}
		if !holds {
			return false
		}
	}
	return true
}

// key names a position and what matters of the values before it: which of the conditions behind it hold.
func (g *group) key(i int, before hone.Assignments) string {
	var b strings.Builder
	b.WriteString(strconv.Itoa(i))
	for _, x := range g.axes[i:] {
		for _, c := range x.p.Conditions {
			v, ok := before.Get(c.Parameter)
			holds := byte('0')
			for _, w := range c.Values {
				if ok && w == v {
					holds = '1'
				}
			}
			b.WriteByte(holds)
		}
	}
	return b.String()
}
