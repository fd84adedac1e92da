package tpe

import "math"

// density is a mixture of kernels, one for each of some trials, and a uniform one; relative to the uniform
// distribution over the unit cube, whose logarithm is 0 everywhere. A kernel is a product over the columns. In a
// column where its trial has no value it is uniform, and where the candidate has none it counts nothing.
type density struct {
	n     int
	base  []float64 // by kernel: logarithm of the weight, with the normalisers of columns that are always active
	prior float64   // logarithm of the weight of the uniform kernel
	parts []part

	held  []cell    // a candidate from which others differ in a few columns
	at    []float64 // by kernel: its logarithm there
	terms [block]float64
	rows  [][]float64 // by column: what a candidate's value looks up
	moved []int       // the columns that are looked at
}

// part is what the kernels are in one column.
type part struct {
	conditional bool
	// Of normal distributions, by kernel: the centre, 1/(2σ²), 0 for a uniform one, and the logarithm of the normaliser.
	u, scale, norm []float64
	// Of tables: the number of each kernel's value, and their count for a uniform kernel.
	k []int32
	// table has for each value of a candidate a row with the logarithms at each value of a kernel, and a 0.
	table [][]float64
	// Of categories, instead of the table.
	same, other float64
	row         []float64
}

// block is how many kernels are looked at together.
const block = 512

// far is how far below the greatest term of a sum, in logarithms, terms are left out.
const far = 18

func newDensity(columns []column) *density {
	d := &density{parts: make([]part, len(columns)), rows: make([][]float64, len(columns)), held: make([]cell, len(columns))}
	for j, c := range columns {
		d.parts[j].conditional = c.conditional
		if c.tabled {
			d.parts[j].k, d.parts[j].row = []int32{}, make([]float64, c.values+1)
		}
	}
	return d
}

// log returns the logarithm of the density at a candidate, or something greater than enough as soon as it is
// known to be greater.
func (d *density) log(c []cell, enough float64) float64 {
	d.moved = d.moved[:0]
	for j := range d.parts {
		d.look(j, c[j])
	}
	return d.sum(c, d.base, false, enough)
}

// hold prepares for candidates that differ from this one in a few columns.
func (d *density) hold(c []cell) {
	d.moved = d.moved[:0]
	for j := range d.parts {
		d.look(j, c[j])
	}
	copy(d.held, c)
	d.at = resize(d.at, d.n)
	copy(d.at, d.base)
	for _, j := range d.moved {
		d.parts[j].add(d.at, 0, c[j], d.rows[j])
	}
}

// logBeside is log for a candidate that differs little from the one that is held: only what differs is computed. It has
// the same active columns.
func (d *density) logBeside(c []cell, enough float64) float64 {
	d.moved = d.moved[:0]
	for j := range d.parts {
		if c[j].k != d.held[j].k || c[j].u != d.held[j].u && !math.IsNaN(c[j].u) {
			d.look(j, c[j])
		}
	}
	return d.sum(c, d.at, true, enough)
}

// sum adds up the kernels: what they are from the start, and what the moved columns do to them.
func (d *density) sum(c []cell, start []float64, beside bool, enough float64) float64 {
	top, sum := d.prior, 1.0 // what is summed so far is sum·exp(top)
	// The newest trials lie where the search is now, so that they decide soonest.
	for end := d.n; end > 0; end -= block {
		from := max(0, end-block)
		terms := d.terms[:end-from]
		copy(terms, start[from:])
		for _, j := range d.moved {
			if beside {
				d.parts[j].move(terms, from, d.held[j], c[j], d.rows[j])
			} else {
				d.parts[j].add(terms, from, c[j], d.rows[j])
			}
		}
		most := math.Inf(-1)
		for _, v := range terms {
			if v > most {
				most = v
			}
		}
		if most > top {
			sum *= math.Exp(top - most)
			top = most
		}
		for _, v := range terms {
			if v > top-far {
				sum += math.Exp(v - top)
			}
		}
		if from > 0 && top+math.Log(sum) > enough {
			break
		}
	}
	return top + math.Log(sum)
}

// look has a column looked at, unless the candidate is not active there, and finds the row of its table.
func (d *density) look(j int, c cell) {
	p := &d.parts[j]
	switch {
	case p.k == nil:
		if math.IsNaN(c.u) {
			return
		}
	case c.k == len(p.row)-1:
		return
	case p.table != nil:
		d.rows[j] = p.table[c.k]
	default:
		for b := range p.row[:len(p.row)-1] {
			p.row[b] = p.other
		}
		p.row[c.k] = p.same
		d.rows[j] = p.row
	}
	d.moved = append(d.moved, j)
}

// add adds the logarithms of some kernels in one column.
func (p *part) add(terms []float64, from int, c cell, row []float64) {
	if p.k != nil {
		k := p.k[from:][:len(terms)]
		for i := range terms {
			terms[i] += row[k[i]]
		}
		return
	}
	x := c.u
	u, scale := p.u[from:][:len(terms)], p.scale[from:][:len(terms)]
	for i := range terms {
		z := x - u[i]
		terms[i] -= z * z * scale[i]
	}
	if p.conditional {
		norm := p.norm[from:][:len(terms)]
		for i := range terms {
			terms[i] += norm[i]
		}
	}
}

// move adds what changes when the candidate goes from one place to another in one column.
func (p *part) move(terms []float64, from int, before, after cell, row []float64) {
	if p.k != nil {
		k := p.k[from:][:len(terms)]
		for i := range terms {
			terms[i] += row[k[i]] - p.past(k[i], before.k)
		}
		return
	}
	// (a-u)² - (b-u)² = (a-b)·(a+b-2u)
	less, both := before.u-after.u, before.u+after.u
	u, scale := p.u[from:][:len(terms)], p.scale[from:][:len(terms)]
	for i := range terms {
		terms[i] += less * (both - 2*u[i]) * scale[i]
	}
}

// past is what a kernel at value a of a table gives to value b.
func (p *part) past(a int32, b int) float64 {
	switch {
	case p.table != nil:
		return p.table[b][a]
	case int(a) == len(p.row)-1:
		return 0
	case int(a) == b:
		return p.same
	}
	return p.other
}
