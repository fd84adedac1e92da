package client_test

import (
	"context"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/spec"
	"github.com/stretchr/testify/require"
)

func TestSubmittingTheSameAgainGoesOnWithIt(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 5))
	require.NoError(t, err)
	first, err := x.Get(t.Context())
	require.NoError(t, err)
	x, err = client.Submit(t.Context(), s, typedBowl(t, 5))
	require.NoError(t, err)
	second, err := x.Get(t.Context())
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestSubmittingSomethingElseSaysWhatDiffers(t *testing.T) {
	s := inMemory(t)
	_, err := client.Submit(t.Context(), s, typedBowl(t, 5))
	require.NoError(t, err)
	other := typedBowl(t, 5)
	other.Spec.Objective.Goal = hone.Maximize
	other.Spec.Parameters[1].Max = 7
	other.Spec.Algorithm.Seed = new(uint64(8))
	_, err = client.Submit(t.Context(), s, other)
	require.Equal(t, hone.AlreadyExists, hone.KindOf(err))
	var fields hone.FieldErrors
	require.ErrorAs(t, err, &fields)
	require.Equal(t, hone.FieldErrors{
		{Path: "spec.algorithm.seed", Message: "7 → 8"},
		{Path: "spec.objective.goal", Message: `"minimize" → "maximize"`},
		{Path: "spec.parameters[1].max", Message: "5 → 7"},
	}, fields)
	require.ErrorContains(t, err, `experiment "bowl" is there already, and differs in more than budget, parallelism and stop`)
}

func TestLimitsThatDifferTakeEffect(t *testing.T) {
	s := inMemory(t)
	_, err := client.Optimize(t.Context(), s, bowlOf(3), depth)
	require.NoError(t, err)
	more := bowlOf(6)
	more.Spec.Parallelism = 2
	more.Spec.Budget.Duration = hone.Duration(3600e9)
	more.Spec.Stop.Plateau = &hone.Plateau{Trials: 5}
	r, err := client.Optimize(t.Context(), s, more, depth)
	require.NoError(t, err)
	require.Len(t, r.Trials, 6, "a raised limit reopens it")
	require.Equal(t, more.Spec.Limits(), r.Experiment.Spec.Limits())

	// And what is left out is taken away again.
	again := bowlOf(7)
	r, err = client.Optimize(t.Context(), s, again, depth)
	require.NoError(t, err)
	require.Len(t, r.Trials, 7)
	require.Equal(t, again.Spec.Limits(), r.Experiment.Spec.Limits())
}

func TestAProgramThatIsAsItWasDoesNotUndoAnEdit(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 3))
	require.NoError(t, err)
	_, err = s.UpdateExperiment(t.Context(), x.Name(), hone.Patch{Spec: []byte(`{"budget":{"trials":8}}`)})
	require.NoError(t, err)
	r, err := client.Optimize(t.Context(), s, bowlOf(3), depth)
	require.NoError(t, err)
	require.Len(t, r.Trials, 8)
}

func TestAMistakeOfTheSpecIsSaid(t *testing.T) {
	e := bowlOf(3)
	e.Spec.Algorithm.Name = "randon"
	e.Spec.Objective.Goal = "best"
	_, err := client.Optimize(t.Context(), inMemory(t), e, depth)
	var fields hone.FieldErrors
	require.ErrorAs(t, err, &fields)
	require.Len(t, fields, 2)
	require.ErrorContains(t, err, `did you mean "random"?`)
}

func TestAnExperimentFileIsSubmittedAsItIs(t *testing.T) {
	s := inMemory(t)
	catalog, err := s.Algorithms(t.Context())
	require.NoError(t, err)
	file := []byte("apiVersion: hone.dev/v1beta1\nkind: Experiment\nmetadata: {name: file, namespace: vision}\nspec:\n" +
		"  objective: {metric: loss, goal: minimize}\n  budget: {trials: 4}\n" +
		"  parameters: [{name: x, type: double, min: 0, max: 1}]\n  constraints: [x < 0.5]\n")
	for range 2 {
		x, err := client.SubmitFile(t.Context(), s, spec.New(catalog), file)
		require.NoError(t, err)
		require.Equal(t, hone.Name{Namespace: "vision", Name: "file"}, x.Name())
		r, err := client.Work(t.Context(), x, untyped, client.Workers(2))
		require.NoError(t, err)
		require.Len(t, r.Trials, 4)
	}
	_, err = client.SubmitFile(t.Context(), s, spec.New(catalog), []byte("kind: Experimemt"))
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "line 1")
}

func TestAStructThatIsNotTheExperimentsIsRefused(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 3))
	require.NoError(t, err)
	_, err = client.Work(t.Context(), x, func(ctx context.Context, p narrow, r client.Reporter) (float64, error) { return p.X, nil })
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "the experiment's parameters are not those of client_test.narrow")
	_, err = client.Work(t.Context(), x, func(ctx context.Context, p int, r client.Reporter) (float64, error) { return 0, nil })
	require.ErrorContains(t, err, "is made of a struct, not of int")
	_, err = client.Work(t.Context(), client.Open(s, hone.Name{Name: "nothing"}), depth)
	require.ErrorIs(t, err, hone.NotFound)
}

type narrow struct {
	X float64 `hone:"x,min=-5,max=5"`
	Y float64 `hone:"y,min=-5,max=4"`
}

// untyped takes the point as it is.
func untyped(_ context.Context, p hone.Assignments, _ client.Reporter) (float64, error) {
	x, _ := p.Get("x")
	return x.Float(), nil
}
