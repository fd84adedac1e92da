package lowdisc

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func pointsOf(dimensions, n int, seed uint64) [][]float64 {
	s := New(dimensions, seed)
	all := make([][]float64, n)
	for i := range all {
		all[i] = make([]float64, dimensions)
		s.Point(uint32(i), all[i])
	}
	return all
}

func TestEveryCoordinateFillsEveryInterval(t *testing.T) {
	const dimensions = 1000
	for _, seed := range []uint64{0, 7} {
		for k := range 9 {
			n := 1 << k
			all := pointsOf(dimensions, n, seed)
			for d := range dimensions {
				hit := make([]bool, n)
				for _, u := range all {
					cell := int(u[d] * float64(n))
					require.False(t, hit[cell], "dimension %d: two of the first %d points in one interval", d, n)
					hit[cell] = true
				}
			}
		}
	}
}

// The first two dimensions are a (0, 2)-sequence: every elementary interval of area 2^-k holds exactly one
// of 2^k points, whatever its shape. Scrambling keeps that.
func TestTheFirstTwoDimensionsAreANetOfQualityZero(t *testing.T) {
	for _, seed := range []uint64{0, 1, 99} {
		for k := 1; k <= 10; k++ {
			require.Equal(t, 0, quality(pointsOf(2, 1<<k, seed), k), "2^%d points", k)
		}
	}
}

// Pairs of the first eight dimensions: t stays as small as Joe and Kuo's criterion makes it.
func TestPairsOfSmallDimensionsAreGoodNets(t *testing.T) {
	const k = 8
	for _, seed := range []uint64{3, 4} {
		all := pointsOf(8, 1<<k, seed)
		for i := range 8 {
			for j := range i {
				pair := make([][]float64, len(all))
				for n, u := range all {
					pair[n] = []float64{u[j], u[i]}
				}
				require.LessOrEqual(t, quality(pair, k), 4, "dimensions %d and %d", j, i)
			}
		}
	}
}

// quality is the smallest t for which 2^k points in two dimensions are a (t, k, 2)-net in base 2.
func quality(all [][]float64, k int) int {
	for t := range k {
		even := true
		for a := 0; a <= k-t && even; a++ {
			b := k - t - a
			count := map[[2]int]int{}
			for _, u := range all {
				count[[2]int{int(u[0] * float64(int(1)<<a)), int(u[1] * float64(int(1)<<b))}]++
			}
			for _, n := range count {
				even = even && n == 1<<t
			}
		}
		if even {
			return t
		}
	}
	return k
}

func TestQualityTellsANetFromRandomPoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([][]float64, 256)
	for i := range all {
		all[i] = []float64{rng.Float64(), rng.Float64()}
	}
	require.Greater(t, quality(all, 8), 4)
}

func TestScramblingIsNestedAndReproducible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, seed := rapid.Uint32().Draw(t, "x"), rapid.Uint32().Draw(t, "y"), rapid.Uint32().Draw(t, "seed")
		common := rapid.IntRange(0, digits).Draw(t, "common")
		if common > 0 {
			mask := ^uint32(0) << (digits - common)
			y = x&mask | y&^mask
		}
		a, b := scramble(x, seed), scramble(y, seed)
		require.Equal(t, a, scramble(x, seed))
		if common > 0 {
			require.Equal(t, a>>(digits-common), b>>(digits-common), "digits that agree stay in agreement")
		}
		if x != y {
			require.NotEqual(t, a, b, "no two points fall together")
		}
	})
	require.NotEqual(t, pointsOf(3, 8, 1), pointsOf(3, 8, 2))
	require.Equal(t, pointsOf(3, 8, 1), pointsOf(3, 8, 1))
	require.Equal(t, pointsOf(3, 8, 1), func() (p [][]float64) {
		for _, u := range pointsOf(5, 8, 1) {
			p = append(p, u[:3])
		}
		return p
	}(), "a dimension does not depend on how many there are")
}

func TestTheTableListsThePrimitivePolynomialsInOrder(t *testing.T) {
	var table []row
	p := uint32(3)
	for i, r := range rows(1111) {
		for !primitive(p) {
			p += 2
		}
		require.Equal(t, p, r.polynomial(), "row %d", i)
		require.Len(t, r.m, r.degree)
		for k, m := range r.m {
			require.True(t, m%2 == 1 && m < 1<<(k+1), "row %d: m_%d = %d", i, k+1, m)
		}
		p += 2
		table = append(table, r)
	}
	// How many there are of each degree: φ(2^s-1)/s.
	count := map[int]int{}
	for _, r := range table {
		count[r.degree]++
	}
	want := map[int]int{1: 1, 2: 1, 3: 2, 4: 2, 5: 6, 6: 6, 7: 18, 8: 16, 9: 48, 10: 60, 11: 176, 12: 144}
	for degree, n := range want {
		require.Equal(t, n, count[degree], fmt.Sprint("degree ", degree))
	}
}
