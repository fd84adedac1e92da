package auto_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/auto"
)

func fresh() hone.Algorithm {
	algorithm, err := auto.New(nil)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func TestConformance(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: fresh, Trials: 24, Checks: 12})
}

func request(space hone.SearchSpace, budget int) hone.Request {
	return hone.Request{Space: algorithmtest.Compile(space), Objective: hone.Objective{Goal: hone.Minimize}, Seed: 1, Number: 1, Count: 1, Budget: budget}
}

func ask(t *testing.T, algorithm hone.Algorithm, r hone.Request) hone.Suggestion {
	got, err := algorithm.Suggest(context.Background(), r)
	require.NoError(t, err)
	require.Len(t, got, 1)
	return got[0]
}

func TestTheChoice(t *testing.T) {
	var many []hone.Parameter
	for i := range 400 {
		many = append(many, hone.Double(fmt.Sprint("x", i), 0, 1))
	}
	x := hone.Double("x", 0, 1)
	for name, c := range map[string]struct {
		space  hone.SearchSpace
		budget int
		want   string
	}{
		"a space that fits the budget":         {hone.NewSpace(hone.Int("n", 1, 12)), 12, "grid"},
		"a space one point too large":          {hone.NewSpace(hone.Int("n", 1, 13)), 12, "bayesian"},
		"a small space and no limit":           {hone.NewSpace(hone.Int("n", 1, 100)), 0, "grid"},
		"a large space and no limit":           {hone.NewSpace(hone.Int("n", 1, 101)), 0, "bayesian"},
		"three trials":                         {hone.NewSpace(x), 3, "sobol"},
		"a usual experiment":                   {hone.NewSpace(x, hone.Categorical("c", "a", "b")), 60, "bayesian"},
		"a usual experiment without a budget":  {hone.NewSpace(x), 0, "bayesian"},
		"more parameters than can be modelled": {hone.NewSpace(many...), 1000, "tpe"},
		"a budget of a hundred thousand":       {hone.NewSpace(x), 100_000, "bayesian"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(t, fresh(), request(c.space, c.budget))
			require.Equal(t, c.want, got.Labels[auto.Label])
			require.Contains(t, got.Note, "auto chose "+c.want+": ")
		})
	}
}

func TestTheNoteIsSaidOnce(t *testing.T) {
	r := request(hone.NewSpace(hone.Double("x", 0, 1)), 50)
	r.History = hone.NewHistory("h", hone.Outcome{Number: 1, Parameters: hone.Assignments{{Parameter: "x", Value: hone.Number(0.25)}}, State: hone.TrialSucceeded, Value: 1, Imported: true})
	r.Number, r.Count = 2, 3
	algorithm := fresh()
	got, err := algorithm.Suggest(context.Background(), r)
	require.NoError(t, err)
	require.NotEmpty(t, got[0].Note, "an imported trial is none of auto's")
	require.Empty(t, got[1].Note)
	r.Pending = []hone.Pending{{Number: 2, Parameters: got[0].Parameters, Labels: got[0].Labels}}
	r.Number, r.Count = 3, 1
	require.Empty(t, ask(t, algorithm, r).Note)
	require.Empty(t, ask(t, fresh(), r).Note, "nor after a restart")
	r.History = r.History.Append(hone.Outcome{Number: 2, Parameters: got[0].Parameters, Labels: got[0].Labels, State: hone.TrialSucceeded, Value: 2})
	r.Pending = nil
	require.Empty(t, ask(t, fresh(), r).Note)
}

func TestAnEditedBudgetMayChangeTheChoice(t *testing.T) {
	r := request(hone.NewSpace(hone.Int("n", 1, 50)), 50)
	algorithm := fresh()
	first := ask(t, algorithm, r)
	require.Equal(t, "grid", first.Labels[auto.Label])
	r.Pending = []hone.Pending{{Number: 1, Parameters: first.Parameters, Labels: first.Labels}}
	r.Number, r.Budget = 2, 20
	second := ask(t, algorithm, r)
	require.Equal(t, "bayesian", second.Labels[auto.Label])
	require.Contains(t, second.Note, "auto chose bayesian")
}

func TestTheOtherAlgorithmTakesTurnsWhileNothingBetterIsFound(t *testing.T) {
	r := request(hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)), 200)
	tell := func(value float64) {
		n := r.History.Len() + 1
		r.History = r.History.Append(hone.Outcome{Number: n, Value: value, State: hone.TrialSucceeded,
			Parameters: r.Space.FromUnit([]float64{float64(n) / 100, 0.5})})
		r.Number = n + 1
	}
	r.History = hone.NewHistory("h")
	tell(0)
	algorithms := func(count int) (names []string) {
		r.Count = count
		got, err := fresh().Suggest(context.Background(), r)
		require.NoError(t, err)
		for _, s := range got {
			names = append(names, s.Labels[auto.Label])
		}
		return names
	}
	for range 9 {
		tell(1)
	}
	require.Equal(t, []string{"bayesian", "bayesian"}, algorithms(2), "nine in vain are not enough")
	tell(math.NaN())
	require.Equal(t, []string{"tpe", "bayesian", "tpe"}, algorithms(3))
	tell(-1)
	require.Equal(t, []string{"bayesian", "bayesian"}, algorithms(2), "something better was found")
}

func TestWithoutAnyResultTheOtherAlgorithmTakesTurns(t *testing.T) {
	r := request(hone.NewSpace(hone.Double("x", 0, 1)), 200)
	var failed []hone.Outcome
	for n := range 10 {
		failed = append(failed, hone.Outcome{Number: n + 1, Value: math.NaN(), State: hone.TrialFailed, Parameters: r.Space.FromUnit([]float64{float64(n) / 10})})
	}
	r.History, r.Number = hone.NewHistory("h", failed...), 12
	require.Equal(t, "tpe", ask(t, fresh(), r).Labels[auto.Label])
}
