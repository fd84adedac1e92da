package tpe

import "math"

// goods is how many of n finished trials count as good: a tenth, at most mostGood.
func (t tuning) goods(n int) int {
	k := int(math.Ceil(t.share * float64(n)))
	return max(1, min(k, t.most))
}

// split marks the good among the finished trials of the memory. Trials without a value never are, and pending ones
// never: so another trial does not go where one is under way already.
func (s *search) split() {
	m := s.memory
	s.goods = m.rank[:min(s.tuning.goods(m.finished), m.feasible)]
	s.isGood = resize(s.isGood, m.rows)
	clear(s.isGood)
	for _, row := range s.goods {
		s.isGood[row] = true
	}
}

// weighGood gives the good trials the weights of their kernels, as logarithms: all the same.
func (s *search) weighGood() {
	d := s.good
	d.n = len(s.goods)
	d.base = resize(d.base, d.n)
	each := -math.Log(float64(d.n) + s.tuning.prior)
	for i := range d.base {
		d.base[i] = each
	}
	d.prior = each + math.Log(s.tuning.prior)
}

// weighBad gives all others theirs. The newest weigh most: what happened long ago matters less to where the search
// is now.
func (s *search) weighBad() {
	d := s.bad
	d.n = s.memory.rows
	d.base = resize(d.base, d.n)
	bad := d.n - len(s.goods)
	old := max(0, bad-s.tuning.recent)
	total, at := s.tuning.prior, 0
	for i := range d.base {
		if s.isGood[i] {
			d.base[i] = 0
			continue
		}
		w := 1.0
		if at < old {
			w = (1 + float64(at)*float64(bad-1)/float64(old)) / float64(bad)
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
