package lowdisc

import (
	_ "embed"
	"math/bits"
	"strconv"
	"strings"
)

//go:embed joekuo.txt
var joeKuo string

// row is what one dimension is made from: a primitive polynomial over GF(2) and the initial numbers.
type row struct {
	degree int
	inner  uint32 // the polynomial without its first and last coefficient
	m      []uint32
}

// rows returns n rows: those of the table, then made ones.
func rows(n int) []row {
	all := make([]row, 0, max(n, 0))
	for line := range strings.Lines(joeKuo) {
		if len(all) >= n {
			return all
		}
		all = append(all, parse(line))
	}
	if len(all) >= n {
		return all
	}
	last := all[len(all)-1]
	for p := last.polynomial() + 2; len(all) < n; p += 2 {
		if primitive(p) {
			all = append(all, made(p))
		}
	}
	return all
}

func parse(line string) row {
	fields := strings.Fields(line)
	numbers := make([]uint32, len(fields))
	for i, f := range fields {
		x, _ := strconv.ParseUint(f, 10, 32)
		numbers[i] = uint32(x)
	}
	return row{degree: int(numbers[0]), inner: numbers[1], m: numbers[2:]}
}

// polynomial returns all coefficients, the highest first.
func (r row) polynomial() uint32 { return 1<<r.degree | r.inner<<1 | 1 }

// made takes odd initial numbers from a hash of the polynomial.
func made(polynomial uint32) row {
	degree := bits.Len32(polynomial) - 1
	r := row{degree: degree, inner: (polynomial ^ 1<<degree) >> 1, m: make([]uint32, degree)}
	for k := range r.m {
		r.m[k] = hash(uint64(polynomial)<<8|uint64(k))&(1<<(k+1)-1) | 1
	}
	return r
}

// directions continues the initial numbers by the recurrence of the polynomial (Bratley and Fox 1988,
// eq. 2; Joe and Kuo 2008, eq. 3).
func (r row) directions() (v [digits]uint32) {
	s := r.degree
	for k := range digits {
		if k < s {
			v[k] = r.m[k] << (digits - 1 - k)
			continue
		}
		v[k] = v[k-s] ^ v[k-s]>>s
		for j := 1; j < s; j++ {
			if r.inner>>(s-1-j)&1 == 1 {
				v[k] ^= v[k-j]
			}
		}
	}
	return v
}

// primitive reports whether a polynomial over GF(2) is primitive: whether x has the order 2^s-1 modulo it.
func primitive(p uint32) bool {
	s := bits.Len32(p) - 1
	order := uint32(1)<<s - 1
	if power(order, p, s) != 1 {
		return false
	}
	rest := order
	for q := uint32(2); q*q <= rest; q++ {
		if rest%q != 0 {
			continue
		}
		if power(order/q, p, s) == 1 {
			return false
		}
		for rest%q == 0 {
			rest /= q
		}
	}
	return rest == 1 || rest == order || power(order/rest, p, s) != 1
}

// power computes x^n modulo p, of degree s.
func power(n, p uint32, s int) uint32 {
	result, base := uint32(1), uint32(2)
	if s == 1 {
		base ^= p
	}
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			result = multiply(result, base, p, s)
		}
		base = multiply(base, base, p, s)
	}
	return result
}

func multiply(a, b, p uint32, s int) uint32 {
	product := uint32(0)
	for ; b != 0; b >>= 1 {
		if b&1 == 1 {
			product ^= a
		}
		a <<= 1
		if a>>s&1 == 1 {
			a ^= p
		}
	}
	return product
}
