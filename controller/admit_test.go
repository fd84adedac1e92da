package controller_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// TestWhoMayNotTouchAnExperimentChangesNothing: the caller is known to be unwelcome only when the experiment is.
func TestWhoMayNotTouchAnExperimentChangesNothing(t *testing.T) {
	w := newWorld(t, 1)
	c := w.controller(w.store, digits(nil))
	defer c.Close()
	created, err := c.CreateExperiment(t.Context(), nil)
	require.NoError(t, err)
	var asked []hone.Experiment
	ctx := hone.WithAdmission(t.Context(), func(e hone.Experiment) error {
		asked = append(asked, e)
		return hone.Errorf(hone.PermissionDenied, "go away")
	})
	experiment := func(_ hone.Experiment, err error) error { return err }
	trial := func(_ hone.Trial, err error) error { return err }
	for what, call := range map[string]func(ctx context.Context) error{
		"create": func(ctx context.Context) error { return experiment(c.CreateExperiment(ctx, nil)) },
		"run": func(ctx context.Context) error {
			_, err := c.RunExperiment(ctx, hone.RunRequest{})
			return err
		},
		"update": func(ctx context.Context) error {
			return experiment(c.UpdateExperiment(ctx, name, hone.Patch{Spec: []byte(`{"budget": {"trials": 100}}`)}))
		},
		"delete": func(ctx context.Context) error { return c.DeleteExperiment(ctx, name) },
		"pause":  func(ctx context.Context) error { return experiment(c.PauseExperiment(ctx, name)) },
		"resume": func(ctx context.Context) error { return experiment(c.ResumeExperiment(ctx, name)) },
		"stop":   func(ctx context.Context) error { return experiment(c.StopExperiment(ctx, name, false)) },
		"drain":  func(ctx context.Context) error { return experiment(c.StopExperiment(ctx, name, true)) },
		"enqueue": func(ctx context.Context) error {
			_, err := c.Enqueue(ctx, name, nil)
			return err
		},
		"import": func(ctx context.Context) error {
			_, err := c.Import(ctx, name, []hone.ImportedTrial{{Parameters: map[string]hone.Value{"lr": hone.Number(0.5)},
				Metrics: map[string]hone.Float{"accuracy": 1}}})
			return err
		},
		"stop a trial":  func(ctx context.Context) error { return trial(c.StopTrial(ctx, name, 1)) },
		"retry a trial": func(ctx context.Context) error { return trial(c.RetryTrial(ctx, name, 1)) },
		"measure": func(ctx context.Context) error {
			_, err := c.Measure(ctx, name, hone.Batch{Number: 1})
			return err
		},
	} {
		asked = nil
		err := call(ctx)
		require.ErrorIs(t, err, hone.PermissionDenied, what)
		require.ErrorContains(t, err, "go away", what)
		require.Len(t, asked, 1, what)
		require.Equal(t, "default", asked[0].Namespace, what)
		require.False(t, asked[0].Spec.External(), what)
		got, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, created, got, "%s changed something", what)
	}
	require.NoError(t, experiment(c.PauseExperiment(t.Context(), name)), "where nobody guards the service, everybody may")
}
