package contest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func rec(contestant, problem string, seed uint64, regret ...float64) Record {
	return Record{Contestant: contestant, Problem: problem, Group: problem[:1], Mode: Sequential, Seed: seed, Trials: len(regret), Regret: regret}
}

func TestABoardKeepsWhatAllHavePlayed(t *testing.T) {
	crashed := rec("b", "p3", 1)
	crashed.Error, crashed.Trials = "it has crashed", 2
	b := NewBoard([]Record{
		rec("a", "p1", 1, 9, 5), rec("a", "p1", 2, 9, 1), rec("a", "p1", 3, 9, 0), rec("a", "p2", 1, 1, 1), rec("a", "p3", 1, 7, 7),
		rec("b", "p1", 2, 8, 2), rec("b", "p1", 1, 8, 4), rec("b", "q1", 1, 6, 6), rec("c", "p2", 1, 0, 0), crashed,
	}, []string{"a", "b"})
	require.Len(t, b.Tasks, 1)
	require.Equal(t, []uint64{1, 2}, b.Tasks[0].Seeds)
	require.InDelta(t, 3, b.Regret("a", 2), 1e-12)
	require.InDelta(t, 3, b.Regret("b", 2), 1e-12)
	require.InDelta(t, 9, b.Regret("a", 1), 1e-12)
	require.True(t, math.IsNaN(b.Regret("a", 3)), "the budget was two")
}

func TestRunsWithOtherBudgetsAreOtherTasks(t *testing.T) {
	b := NewBoard([]Record{rec("a", "p", 1, 1, 1), rec("b", "p", 1, 1, 1, 0)}, []string{"a", "b"})
	require.Empty(t, b.Tasks)
}

func TestPlacesAreShared(t *testing.T) {
	require.Equal(t, []float64{3, 1.5, 1.5, 4}, placesOf([]float64{2, 1, 1, 5}))
	require.Equal(t, []float64{2, 2, 2}, placesOf([]float64{0, 0, 0}))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 3), 1, 9).Draw(t, "values")
		require.InDelta(t, float64(len(values)+1)/2, mean(placesOf(values)), 1e-9)
	})
}

func TestRanksAreAveragedOverProblems(t *testing.T) {
	b := NewBoard([]Record{
		rec("a", "p1", 1, 1), rec("b", "p1", 1, 2), rec("c", "p1", 1, 3),
		rec("a", "p2", 1, 1), rec("b", "p2", 1, 3), rec("c", "p2", 1, 2),
		rec("a", "p3", 1, 1e-12), rec("b", "p3", 1, 0), rec("c", "p3", 1, 2),
	}, []string{"a", "b", "c"})
	ranks := b.Ranks(1)
	require.Equal(t, "a", ranks[0].Name)
	require.InDelta(t, (1+1+1.5)/3, ranks[0].Mean, 1e-12, "both have solved p3")
	require.InDelta(t, (2+3+1.5)/3, ranks[1].Mean, 1e-12)
	require.InDelta(t, (3+2+3.0)/3, ranks[2].Mean, 1e-12)
	require.InDelta(t, 1, ranks[0].Low, 1e-12)
	require.InDelta(t, 1.5, ranks[0].High, 1e-12)
}

func TestTheIntervalIsThatOfTheMean(t *testing.T) {
	var values []float64
	for i := range 400 {
		values = append(values, float64(i%2))
	}
	low, high := interval(values)
	require.InDelta(t, 0.5-1.96*0.5/20, low, 0.01)
	require.InDelta(t, 0.5+1.96*0.5/20, high, 0.01)
}

func TestTheSignTestIsExact(t *testing.T) {
	require.InDelta(t, 2.0/1024, signTest(10, 0), 1e-9)
	require.InDelta(t, 2*(1+10)/1024.0, signTest(1, 9), 1e-9)
	require.InDelta(t, 1, signTest(4, 4), 1e-9)
	require.InDelta(t, 1, signTest(0, 0), 1e-9)
}

// The heights of self- and cross-fertilized corn of Darwin (1876): 24 is the smaller sum of ranks, and the exact
// probability 0.0413 (Cureton 1967). The normal approximation is z = (60 − 24 − 0.5) / √310.
func TestWilcoxonIsNearTheExactTest(t *testing.T) {
	d := []float64{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75, 0}
	require.InDelta(t, math.Erfc(35.5/math.Sqrt(310)/math.Sqrt2), wilcoxon(d), 1e-12)
	require.InDelta(t, 0.0413, wilcoxon(d), 0.003)
	require.InDelta(t, 1, wilcoxon([]float64{0, 0}), 1e-12)
	require.InDelta(t, 1, wilcoxon([]float64{1, -1, 2, -2}), 1e-12)
}

func TestADuelIsOnWhatBothHavePlayed(t *testing.T) {
	d := NewDuel([]Record{
		rec("a", "p1", 1, 1), rec("b", "p1", 1, 2), rec("a", "p2", 1, 1), rec("b", "p2", 1, 1),
		rec("a", "p3", 1, 2), rec("b", "p3", 1, 1), rec("a", "p4", 1, 2), rec("c", "p4", 1, 1), rec("a", "p5", 1, 2), rec("b", "p5", 1, 9),
	}, "a", "b", 1)
	require.Equal(t, 4, d.Tasks)
	require.InDelta(t, 2.5/4, d.Won, 1e-12)
	require.InDelta(t, 1, d.Sign, 1e-12)
}

func TestEfficiencyIsAboutWhenTargetsAreReached(t *testing.T) {
	base := []float64{8, 7, 6, 5, 4, 3, 2, 1}
	twice := []float64{8, 6, 4, 2, 1, 1, 1, 1} // about as good after half the trials
	require.InDelta(t, 0, logEfficiency(base, base, base), 1e-12)
	require.Positive(t, logEfficiency(base, base, twice))
	require.InDelta(t, math.Log(6)-math.Log(4), logEfficiency([]float64{4}, base, twice), 1e-12)
	require.InDelta(t, -1, logEfficiency([]float64{1}, base, []float64{9, 9}), 1e-12, "never")
	require.InDelta(t, 1, logEfficiency([]float64{1}, []float64{9, 9}, base), 1e-12)
	require.InDelta(t, 0, logEfficiency([]float64{0.5}, base, twice), 1e-12, "neither")
	require.InDelta(t, -1, logEfficiency([]float64{1}, []float64{1, 1, 1, 1, 1, 1, 1, 1}, base), 1e-12, "clipped")
	b := NewBoard([]Record{rec("a", "p", 1, base...), rec("b", "p", 1, twice...)}, []string{"a", "b"})
	require.InDelta(t, -b.Efficiency("b", "a"), b.Efficiency("a", "b"), 1e-12)
	require.Positive(t, b.Efficiency("a", "b"))
}

func TestLatencyIsThatOfTheLastSuggestions(t *testing.T) {
	r := rec("a", "p", 1, make([]float64, 20)...)
	r.Cholesky = 0.5
	for i := range 20 {
		r.Seconds = append(r.Seconds, float64(i+1))
	}
	l := NewLatency([]Record{r}, "a", 20)
	require.InDelta(t, 15.5, l.Median, 1e-12)
	require.InDelta(t, 20, l.P99, 0.1)
	require.InDelta(t, 31, l.Cholesky, 1e-12)
	require.Equal(t, 10, l.Count)
	require.InDelta(t, 3, NewLatency([]Record{r}, "a", 5).Median, 1e-12)
	require.Zero(t, NewLatency([]Record{r}, "a", 21).Count)
}

func TestWhatIsKeptGivesTheSameFigures(t *testing.T) {
	r := rec("b", "p", 1, make([]float64, 100)...)
	r.Cholesky = 0.5
	for i := range 100 {
		r.Seconds = append(r.Seconds, float64(i+1))
	}
	kept := Keep([]Record{r, rec("a", "p", 1, 1, 2)})
	require.Equal(t, "a", kept[0].Contestant, "in a fixed order")
	for _, n := range []int{25, 50, 100, 0} {
		require.Equal(t, NewLatency([]Record{r}, "b", n), NewLatency(kept, "b", n))
	}
	require.Zero(t, NewLatency(kept, "b", 70).Count, "not kept")
	before, err := json.Marshal(r)
	require.NoError(t, err)
	after, err := json.Marshal(kept[1])
	require.NoError(t, err)
	require.Less(t, len(after), len(before))
}
