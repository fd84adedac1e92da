package tpe

import "math"

// goods is how many of n finished trials count as good: a tenth, at most mostGood.
func (t tuning) goods(n int) int {
	k := int(math.Ceil(t.share * float64(n)))
	return max(1, min(k, t.most))
}

// What a trial counts as.
const (
	good = iota
	bad
	other // of another set of columns
)

// anySet stands for all sets of columns together.
const anySet = -1

// split marks the good among the finished trials of a set of columns, or of all sets. Trials without a value never
// are, and pending ones never: so another trial does not go where one is under way already.
func (s *search) split(set int32) {
	m := s.memory
	s.part, s.goods, s.bads = resize(s.part, m.rows), s.goods[:0], 0
	finished := 0
	for row := range m.rows {
		s.part[row] = other
		if set == anySet || m.set[row] == set {
			s.part[row] = bad
			s.bads++
			if row < m.finished {
				finished++
			}
		}
	}
	most := s.tuning.goods(finished)
	for _, row := range m.rank[:m.feasible] {
		if len(s.goods) == most {
			break
		}
		if s.part[row] == bad {
			s.part[row] = good
			s.goods = append(s.goods, row)
		}
	}
	s.reference = math.Inf(1)
	for _, row := range m.rank[:m.feasible] {
		if s.part[row] == bad {
			s.reference = m.cost[row]
			break
		}
	}
	s.bads -= len(s.goods)
}

// weighGood gives the good trials the weights of their kernels: how much better they are than the first that is not
// good, which makes the ratio of the densities that of the expected improvement (Song et al. 2022, A general recipe for
// likelihood-free Bayesian optimization, section 4; Watanabe 2023, section 3.2). On average they weigh 1.
func (s *search) weighGood() {
	d, m := s.good, s.memory
	d.n = len(s.goods)
	d.base, s.weights = resize(d.base, d.n), resize(s.weights, d.n)
	sum := 0.0
	for i, row := range s.goods {
		s.weights[i] = s.reference - m.cost[row]
		sum += s.weights[i]
	}
	n := float64(d.n)
	for i, w := range s.weights {
		if sum > 0 && !math.IsInf(sum, 1) {
			w = (1 - s.tuning.improve) + s.tuning.improve*n*(w/sum)
		} else {
			w = 1
		}
		s.weights[i] = w
		d.base[i] = math.Log(math.Max(w, 1e-100) / (n + s.tuning.prior))
	}
	d.prior = math.Log(s.tuning.prior / (n + s.tuning.prior))
}

// weighBad gives all others theirs. The newest weigh most: what happened long ago matters less to where the search
// is now.
func (s *search) weighBad() {
	d := s.bad
	d.n = s.memory.rows
	d.base = resize(d.base, d.n)
	old := max(0, s.bads-s.tuning.recent)
	total, at := s.tuning.prior, 0
	for i := range d.base {
		if s.part[i] != bad {
			d.base[i] = 0
			continue
		}
		w := 1.0
		if at < old {
			w = (1 + float64(at)*float64(s.bads-1)/float64(old)) / float64(s.bads)
		}
		at++
		d.base[i] = w
		total += w
	}
	for i, w := range d.base {
		d.base[i] = math.Log(w / total)
	}
	d.prior = math.Log(s.tuning.prior / total)
}

// resize gives a slice another length. What it holds beyond its old length is zero or left over.
func resize[T any](x []T, n int) []T {
	if n <= cap(x) {
		return x[:n]
	}
	return append(x[:cap(x)], make([]T, n+n/4-cap(x))...)[:n]
}
