package grid_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/grid"
)

func fresh() hone.Algorithm {
	algorithm, err := grid.New(nil)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func TestConformance(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: fresh, Ends: true})
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	_, err := grid.New(map[string]hone.Value{"points": hone.Number(0)})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func ask(t *testing.T, algorithm hone.Algorithm, space *hone.Space, count int) []hone.Suggestion {
	got, err := algorithm.Suggest(context.Background(), hone.Request{Space: space, Number: 1, Count: count, History: hone.NewHistory("h")})
	require.NoError(t, err)
	return got
}

func TestContinuousParametersTakeEvenlySpacedValuesWithBothEnds(t *testing.T) {
	algorithm, err := grid.New(map[string]hone.Value{"points": hone.Number(5)})
	require.NoError(t, err)
	space := algorithmtest.Compile(hone.NewSpace(hone.Categorical("flag", true, false), hone.Double("lr", 1e-4, 1).Log().When("flag", true)))
	values := map[float64]int{}
	got := ask(t, algorithm, space, 100)
	require.Len(t, got, 6, "five with the parameter, one without it")
	for _, s := range got {
		if v, ok := s.Parameters.Get("lr"); ok {
			values[math.Round(math.Log10(v.Float())*1e9)/1e9]++
		}
	}
	require.Equal(t, map[float64]int{-4: 1, -3: 1, -2: 1, -1: 1, 0: 1}, values)
	require.Equal(t, 6.0, grid.Size(space, map[string]hone.Value{"points": hone.Number(5)}))
}

// A grid of 10^40 points, 10^12 of them with conditions upon conditions, is not walked through.
func TestTheSizeOfAGridCostsNothing(t *testing.T) {
	var parameters []hone.Parameter
	for i := range 40 {
		p := hone.Int(fmt.Sprint("n", i), 0, 9)
		if i > 0 && i < 12 {
			p = p.When(fmt.Sprint("n", i-1), 1, 2, 3)
		}
		parameters = append(parameters, p)
	}
	space := algorithmtest.Compile(hone.NewSpace(parameters...))
	got := ask(t, fresh(), space, 200)
	require.Len(t, got, 200)
	lengths := map[int]bool{}
	for _, s := range got {
		require.NoError(t, space.Check(s.Parameters))
		lengths[len(s.Parameters)] = true
	}
	require.Greater(t, len(lengths), 4, "points of several shapes come early")
}

// The first points of a grid lie further apart than its first ones in counting order, and each value of each
// parameter is met early.
func TestTheOrderCoversTheGridEarly(t *testing.T) {
	for name, parameters := range map[string][]hone.Parameter{
		"powers of two": {hone.Int("a", 0, 7), hone.Int("b", 0, 7), hone.Int("c", 0, 7)},
		"tens":          {hone.Double("a", 0, 1), hone.Double("b", 0, 1), hone.Double("c", 0, 1), hone.Double("d", 0, 1)},
		"odd":           {hone.Int("a", 0, 2), hone.Int("b", 0, 6), hone.Int("c", 0, 4), hone.Int("d", 0, 1)},
	} {
		space := algorithmtest.Compile(hone.NewSpace(parameters...))
		seen := make([]map[float64]bool, len(parameters))
		for _, s := range ask(t, fresh(), space, 40) {
			for i, v := range s.Parameters {
				if seen[i] == nil {
					seen[i] = map[float64]bool{}
				}
				seen[i][v.Value.Float()] = true
			}
		}
		for i, p := range parameters {
			n := p.Cardinality()
			if n == 0 {
				n = 10
			}
			require.Len(t, seen[i], n, "%s: the values of %s among the first 40 points", name, p.Name)
		}
	}
}

// Whatever space it is, the lattice counts what the space counts, and lists each point once.
func TestAGridOfAFiniteSpaceIsTheSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parameters []hone.Parameter
		for i := range rapid.IntRange(1, 5).Draw(t, "parameters") {
			p := hone.Int(fmt.Sprint("n", i), 0, rapid.IntRange(0, 3).Draw(t, "max"))
			for j := range i {
				if rapid.IntRange(0, 3).Draw(t, "conditional") == 0 {
					p = p.When(fmt.Sprint("n", j), rapid.IntRange(0, int(parameters[j].Max)).Draw(t, "when"))
				}
			}
			parameters = append(parameters, p)
		}
		space := algorithmtest.Compile(hone.NewSpace(parameters...))
		require.Equal(t, space.Size(), grid.Size(space, nil))
		got, err := fresh().Suggest(context.Background(), hone.Request{Space: space, Number: 1, Count: 2000, History: hone.NewHistory("h")})
		require.NoError(t, err)
		require.Len(t, got, int(space.Size()))
	})
}
