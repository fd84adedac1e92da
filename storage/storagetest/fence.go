package storagetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func fences() []testCase {
	return []testCase{
		{"the highest fencing token counts, and may come again", highestFence},
		{"a fencing token is at least 1", unfitFences},
		{"fencing tokens survive closing, and who has a lower one writes nothing", fencesSurvive},
		{"who has no fencing token writes, whatever came before", unfenced},
		{"a closed store takes no fencing token, and an ended context is an error", fenceOfAClosedStore},
	}
}

func fencer(t *testing.T, s hone.Store) hone.Fencer {
	out, ok := s.(hone.Fencer)
	require.True(t, ok, "a store can be fenced")
	return out
}

func requireFenced(t *testing.T, err error, token, newest int64) {
	t.Helper()
	var fenced *hone.FenceError
	require.ErrorAs(t, err, &fenced)
	require.Equal(t, hone.FenceError{Token: token, Newest: newest}, *fenced)
	require.ErrorIs(t, err, hone.Conflict)
}

func highestFence(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	f := fencer(t, s)
	for _, token := range []int64{1, 1, 5, 5, 1 << 40} {
		require.NoError(t, f.Fence(ctx, token))
	}
	requireFenced(t, f.Fence(ctx, 5), 5, 1<<40)
	require.NoError(t, f.Fence(ctx, 1<<40))
	require.NoError(t, createSample(ctx, s, "a"), "the store still belongs to the highest token, which this process has")
}

func unfitFences(t *testing.T, subject Subject) {
	f := fencer(t, subject.Open(t))
	for _, token := range []int64{0, -1} {
		require.ErrorIs(t, f.Fence(t.Context(), token), hone.InvalidArgument)
	}
	require.NoError(t, f.Fence(t.Context(), 1))
}

func fencesSurvive(t *testing.T, subject Subject) {
	if subject.Reopen == nil {
		t.Skip("this store leaves nothing")
	}
	ctx, s := t.Context(), subject.Open(t)
	require.NoError(t, fencer(t, s).Fence(ctx, 7))
	s = subject.Reopen(t, s)
	requireFenced(t, fencer(t, s).Fence(ctx, 6), 6, 7)
	requireFenced(t, createSample(ctx, s, "a"), 6, 7)
	_, err := s.Experiment(ctx, hone.DefaultNamespace, "a")
	require.ErrorIs(t, err, hone.NotFound, "it still reads, and nothing was written")
	require.NoError(t, fencer(t, s).Fence(ctx, 8))
	require.NoError(t, createSample(ctx, s, "a"))
}

func unfenced(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	require.NoError(t, fencer(t, s).Fence(ctx, 7))
	if subject.Reopen != nil {
		s = subject.Reopen(t, s)
	}
	require.NoError(t, createSample(ctx, s, "a"))
}

func fenceOfAClosedStore(t *testing.T, subject Subject) {
	s := subject.Open(t)
	ended, end := context.WithCancel(t.Context())
	end()
	require.Error(t, fencer(t, s).Fence(ended, 1))
	require.NoError(t, s.Close())
	require.ErrorIs(t, fencer(t, s).Fence(t.Context(), 1), hone.Unavailable)
}

func createSample(ctx context.Context, s hone.Store, name string) error {
	e := sample(name)
	limits := e.Spec.Limits()
	_, err := s.CreateExperiment(ctx, e, hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated, Limits: &limits})
	return err
}
