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

	terms [block]float64
	rows  [][]float64 // by column: what a candidate's value looks up
}

// part is what the kernels are in one column.
type part struct {
	conditional bool
	// Of normal distributions, by kernel: the centre, 1/(σ√2), 0 for a uniform one, and the logarithm of the normaliser.
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
const far = 25

func newDensity(columns []column) *density {
	d := &density{parts: make([]part, len(columns)), rows: make([][]float64, len(columns))}
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
	d.lookUp(c)
	top, sum := d.prior, 1.0 // what is summed so far is sum·exp(top)
	// The newest trials lie where the search is now, so that they decide soonest.
	for end := d.n; end > 0; end -= block {
		from := max(0, end-block)
		terms := d.terms[:end-from]
		d.evaluate(c, from, terms)
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

// lookUp finds the rows of the tables for a candidate's values.
func (d *density) lookUp(c []cell) {
	for j := range d.parts {
		p := &d.parts[j]
		switch {
		case p.k == nil:
		case c[j].k == len(p.row)-1: // not active
			d.rows[j] = nil
		case p.table != nil:
			d.rows[j] = p.table[c[j].k]
		default:
			for b := range p.row[:len(p.row)-1] {
				p.row[b] = p.other
			}
			p.row[c[j].k] = p.same
			d.rows[j] = p.row
		}
	}
}

// evaluate writes the logarithms of some kernels at a candidate.
func (d *density) evaluate(c []cell, from int, terms []float64) {
	copy(terms, d.base[from:])
	for j := range d.parts {
		p := &d.parts[j]
		switch {
		case p.k != nil:
			row := d.rows[j]
			if row == nil {
				continue
			}
			k := p.k[from:][:len(terms)]
			for i := range terms {
				terms[i] += row[k[i]]
			}
		case math.IsNaN(c[j].u):
		default:
			x := c[j].u
			u, scale := p.u[from:][:len(terms)], p.scale[from:][:len(terms)]
			for i := range terms {
				z := (x - u[i]) * scale[i]
				terms[i] -= z * z
			}
			if p.conditional {
				norm := p.norm[from:][:len(terms)]
				for i := range terms {
					terms[i] += norm[i]
				}
			}
		}
	}
}
