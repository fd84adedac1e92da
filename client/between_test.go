package client_test

import (
	"context"
	"math/rand/v2"
	"sync"

	hone "github.com/hone-tuner/hone"
)

// between stands between a program and its service and loses calls and answers.
type between struct {
	hone.Service
	// lose decides of each call whether it gets lost on the way there, or its answer on the way back.
	lose func(method string) (there, back error)
}

var errAway = hone.Errorf(hone.Unavailable, "the service is away")

// sometimes loses a share of the calls and of the answers.
func sometimes(seed uint64, share float64) func(string) (there, back error) {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(string) (there, back error) {
		mu.Lock()
		defer mu.Unlock()
		switch x := rng.Float64(); {
		case x < share:
			return errAway, nil
		case x < 2*share:
			return nil, errAway
		}
		return nil, nil
	}
}

func pass[T any](b *between, method string, call func() (T, error)) (T, error) {
	var none T
	there, back := b.lose(method)
	if there != nil {
		return none, there
	}
	got, err := call()
	if back != nil {
		return none, back
	}
	return got, err
}

func (b *between) CreateExperiment(ctx context.Context, d []byte) (hone.Experiment, error) {
	return pass(b, "CreateExperiment", func() (hone.Experiment, error) { return b.Service.CreateExperiment(ctx, d) })
}

func (b *between) GetExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return pass(b, "GetExperiment", func() (hone.Experiment, error) { return b.Service.GetExperiment(ctx, n) })
}

func (b *between) Ask(ctx context.Context, n hone.Name, r hone.AskRequest) (hone.AskReply, error) {
	return pass(b, "Ask", func() (hone.AskReply, error) { return b.Service.Ask(ctx, n, r) })
}

func (b *between) Tell(ctx context.Context, n hone.Name, number int, r hone.TellRequest) (hone.Trial, error) {
	return pass(b, "Tell", func() (hone.Trial, error) { return b.Service.Tell(ctx, n, number, r) })
}

func (b *between) RetryTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return pass(b, "RetryTrial", func() (hone.Trial, error) { return b.Service.RetryTrial(ctx, n, number) })
}

func (b *between) Measure(ctx context.Context, n hone.Name, batch hone.Batch) (bool, error) {
	return pass(b, "Measure", func() (bool, error) { return b.Service.Measure(ctx, n, batch) })
}

func (b *between) ListTrials(ctx context.Context, n hone.Name, f hone.TrialFilter) (hone.TrialPage, error) {
	return pass(b, "ListTrials", func() (hone.TrialPage, error) { return b.Service.ListTrials(ctx, n, f) })
}

func (b *between) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	return pass(b, "Events", func() ([]hone.Event, error) { return b.Service.Events(ctx, n, after, wait) })
}
