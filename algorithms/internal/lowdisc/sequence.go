package lowdisc

import "math/bits"

// digits is the number of binary digits of a coordinate.
const digits = 32

// Sequence is a scrambled Sobol sequence. It never changes and is safe for concurrent use.
type Sequence struct {
	directions [][digits]uint32
	seeds      []uint32
}

// New makes the sequence in a number of dimensions. The seed chooses the scrambling.
func New(dimensions int, seed uint64) *Sequence {
	s := &Sequence{directions: make([][digits]uint32, dimensions), seeds: make([]uint32, dimensions)}
	rows := rows(dimensions - 1)
	for i := range dimensions {
		seed = seed*6364136223846793005 + 1442695040888963407
		s.seeds[i] = hash(seed)
		if i == 0 {
			for k := range digits {
				s.directions[0][k] = 1 << (digits - 1 - k)
			}
			continue
		}
		s.directions[i] = rows[i-1].directions()
	}
	return s
}

// Len counts the dimensions.
func (s *Sequence) Len() int { return len(s.directions) }

// Point writes the point of an index, from 0, to u, which has Len() coordinates. They lie inside (0, 1).
func (s *Sequence) Point(index uint32, u []float64) {
	for i := range s.directions {
		x := uint32(0)
		for rest := index; rest != 0; rest &= rest - 1 {
			x ^= s.directions[i][bits.TrailingZeros32(rest)]
		}
		u[i] = (float64(scramble(x, s.seeds[i])) + 0.5) / (1 << digits)
	}
}

// scramble permutes the digits of x so that every digit depends on the ones before it and on the seed:
// nested uniform scrambling by a hash, after Laine and Karras (2011), with the constants of
// N. Vegdahl, "Building a better LK hash" (2021).
func scramble(x, seed uint32) uint32 {
	x = bits.Reverse32(x)
	x ^= x * 0x3d20adea
	x += seed
	x *= seed>>16 | 1
	x ^= x * 0x05526c56
	x ^= x * 0x53a22864
	return bits.Reverse32(x)
}

// hash folds 64 bits to 32 well-mixed ones.
func hash(x uint64) uint32 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return uint32(x >> 32)
}
