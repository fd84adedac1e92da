package memory

import (
	"cmp"
	"context"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Trial returns one by number.
func (s *Store) Trial(ctx context.Context, uid string, number int) (hone.Trial, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return hone.Trial{}, err
	}
	if !x.has(number) {
		return hone.Trial{}, hone.Errorf(hone.NotFound, "experiment %q has no trial %d", x.name.Name, number)
	}
	return x.trial(number)
}

// Trials lists by number.
func (s *Store) Trials(ctx context.Context, uid string, f hone.TrialFilter) (trials []hone.Trial, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return nil, err
	}
	for number := min(max(f.After, 0), len(x.trials)) + 1; number <= len(x.trials); number++ {
		if !codec.InState(x.trials[number-1], f.States) {
			continue
		}
		if f.Limit > 0 && len(trials) == f.Limit {
			break
		}
		t, err := x.trial(number)
		if err != nil {
			return nil, err
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// Ranking returns the first n trials of the leaderboard. Unlike a store on disk it looks at all of them.
func (s *Store) Ranking(ctx context.Context, uid string, n int, imported bool) ([]hone.Trial, error) {
	trials, err := s.Trials(ctx, uid, hone.TrialFilter{})
	if err != nil {
		return nil, err
	}
	objective, err := s.objective(ctx, uid)
	if err != nil {
		return nil, err
	}
	if !imported {
		trials = slices.DeleteFunc(trials, func(t hone.Trial) bool { return t.Origin == hone.OriginImported })
	}
	slices.SortFunc(trials, func(a, b hone.Trial) int {
		switch {
		case a.Ranked() != b.Ranked() && a.Ranked():
			return -1
		case a.Ranked() != b.Ranked():
			return 1
		case a.Ranked():
			return cmp.Or(cmp.Compare(objective.Cost(float64(*a.Value)), objective.Cost(float64(*b.Value))), cmp.Compare(a.Number, b.Number))
		}
		return cmp.Compare(a.Number, b.Number)
	})
	if n > 0 && n < len(trials) {
		trials = trials[:n]
	}
	return trials, nil
}

func (s *Store) objective(ctx context.Context, uid string) (hone.Objective, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return hone.Objective{}, err
	}
	e, err := codec.DecodeExperiment(x.spec)
	return e.Spec.Objective, err
}

// Finished lists the ended trials in the order of finishing.
func (s *Store) Finished(ctx context.Context, uid string) ([]hone.Trial, error) {
	trials, err := s.Trials(ctx, uid, hone.TrialFilter{})
	if err != nil {
		return nil, err
	}
	trials = slices.DeleteFunc(trials, func(t hone.Trial) bool { return t.Finished == 0 })
	slices.SortFunc(trials, func(a, b hone.Trial) int { return cmp.Compare(a.Finished, b.Finished) })
	return trials, nil
}
