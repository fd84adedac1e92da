package controller_test

import (
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/suggest"
)

func builtin() hone.Suggester {
	factories := map[string]suggest.Factory{}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
	}
	return suggest.New(factories, hclog.NewNullLogger())
}

// One worker that asks and tells gets the trials that a run with parallelism 1 has, whoever proposes them.
func TestOneWorkerTriesWhatARunTries(t *testing.T) {
	for _, algorithm := range []string{"random", "tpe", "cmaes", "auto"} {
		t.Run(algorithm, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				same := func(s *hone.Spec) {
					s.SearchSpace = hone.NewSpace(hone.Double("lr", 0, 1), hone.Int("layers", 1, 9))
					s.Algorithm.Name, s.Parallelism, s.Budget.Trials = algorithm, 1, 25
				}
				w, d := newWorld(t, 1), digits(same)
				c := w.controller(w.store, d)
				defer c.Close()
				c.Suggester = builtin()
				_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
				require.NoError(t, err)
				require.NoError(t, c.Wait(t.Context()))
				run, err := w.store.Trials(t.Context(), "uid-1", hone.TrialFilter{})
				require.NoError(t, err)
				require.Len(t, run, 25)

				other := newWorld(t, 0)
				asked := other.controller(other.store, external(same))
				defer asked.Close()
				asked.Suggester = builtin()
				_, err = asked.CreateExperiment(t.Context(), nil)
				require.NoError(t, err)
				for i, want := range run {
					trial := one(t, asked, hone.AskRequest{Client: "a"})
					require.Equal(t, i+1, trial.Number)
					require.Equal(t, want.Parameters.String(), trial.Parameters.String(), trial.Name())
					got, err := asked.Tell(t.Context(), name, trial.Number, hone.TellRequest{State: want.State, Metrics: want.Metrics})
					require.NoError(t, err)
					require.Equal(t, want.State, got.State)
				}
			})
		})
	}
}
