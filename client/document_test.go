package client_test

import (
	"context"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/hone-tuner/hone/spec"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWhatIsSubmittedIsReadAsItWas: the document that travels decodes to the experiment that was handed in, also one
// that starts programs.
func TestWhatIsSubmittedIsReadAsItWas(t *testing.T) {
	decoder := spec.New(embedded.Catalog())
	rapid.Check(t, func(t *rapid.T) {
		e := drawExperiment(t)
		var sent []byte
		recorder := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
			sent = c.Args[0].([]byte)
			return nil, nil
		}}
		_, err := client.Submit(context.Background(), recorder, e)
		require.NoError(t, err)
		doc, err := decoder.Decode(sent, hone.Overrides{})
		require.NoError(t, err, string(sent))
		e.Spec = e.Spec.WithDefaults()
		require.Empty(t, wiretest.Same(e, doc.Experiment))
	})
}

func drawExperiment(t *rapid.T) hone.Experiment {
	coin := rapid.Bool()
	e := hone.Experiment{Name: "drawn", Namespace: "vision", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "loss", Goal: rapid.SampledFrom([]hone.Goal{hone.Minimize, hone.Maximize}).Draw(t, "goal"),
			Reduce: rapid.SampledFrom([]hone.Reduce{"", hone.ReduceLast}).Draw(t, "reduce")},
		SearchSpace: hone.NewSpace(
			hone.Double("lr", 1e-300, rapid.Float64Range(1e-5, 1e300).Draw(t, "max")).Log(),
			hone.Double("drop", -0.5, 0.5).By(0.05),
			hone.Int("layers", 0, rapid.IntRange(0, 1<<53).Draw(t, "layers")),
			hone.Discrete("batch", 0.1, 16, 1e21),
			hone.Categorical("kind", "true", true, 1, "1", "<&>\u2028", "a: b # c"),
			hone.Double("momentum", 0, 0.99).When("kind", true, "1").When("batch", 16),
		),
		Budget: hone.Budget{Trials: rapid.IntRange(0, 100).Draw(t, "trials"), Duration: hone.Duration(rapid.IntRange(0, 1<<50).Draw(t, "duration"))},
	}}
	if coin.Draw(t, "labels") {
		e.Labels = map[string]string{"team": "é \"quoted\"\\", "1": ""}
	}
	if coin.Draw(t, "more") {
		e.Spec.Objective.Target = new(rapid.Float64Range(-1e300, 1e300).Draw(t, "target"))
		e.Spec.Constraints = []string{"layers < 3 || drop >= 0.0", `kind == "<&>"`}
		e.Spec.Constraints = e.Spec.Constraints[:1]
		e.Spec.Algorithm = hone.AlgorithmSpec{Name: "random", Seed: new(rapid.Uint64Range(0, 1<<53).Draw(t, "seed"))}
		e.Spec.Initial = []map[string]hone.Value{{"lr": hone.Number(1e-7), "kind": hone.Bool(true)}, {"layers": hone.Number(0)}}
		e.Spec.Stop.Plateau = &hone.Plateau{Trials: 5, MinImprovement: hone.Improvement{Amount: 0.001, Relative: coin.Draw(t, "relative")}}
		e.Spec.EarlyStopping = hone.EarlyStoppingSpec{Name: "median", Settings: map[string]hone.Value{"warmupSteps": hone.Number(2)}}
		e.Spec.Budget.Failures = new(rapid.IntRange(0, 5).Draw(t, "failures"))
		e.Spec.Parallelism = rapid.IntRange(1, 9).Draw(t, "parallelism")
		e.Spec.OnLost = rapid.SampledFrom([]string{"", "fail"}).Draw(t, "lost")
	}
	if coin.Draw(t, "programs") {
		e.Spec.Trial = &hone.TrialTemplate{Command: []string{"sh", "-c", "echo $${x} '\n'"}, Timeout: hone.Duration(90e9),
			Env: map[string]string{"A": "b=c"}, Grace: new(hone.Duration(0)), Retries: new(0)}
		e.Spec.Metrics = hone.MetricsSpec{Source: hone.SourceFile, Format: hone.FormatJSON, Path: "m.jsonl", Record: []string{"acc"}}
	}
	return e
}
