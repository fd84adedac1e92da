package suggest

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// purpose separates the draws that replace a wrong proposal from those of algorithms with the same seed.
const purpose = 0x73756767657374

// fill asks until there are as many good suggestions as are wanted, or no more.
func (s *Suggester) fill(ctx context.Context, e *session, r hone.Request) ([]hone.Suggestion, error) {
	taken := e.index.Taken(r.History, r.Pending)
	r.Pending = slices.Clip(r.Pending)
	var good []hone.Suggestion
	for r.Count > 0 {
		got, err := s.ask(ctx, e, r)
		if err != nil {
			return nil, err
		}
		last := len(got) < r.Count
		for i := 0; i < len(got) && r.Count > 0; i++ {
			suggestion, replaced, err := s.check(ctx, e, r, taken, got[i])
			if err != nil {
				return nil, err
			}
			if suggestion.Parameters == nil {
				return good, nil
			}
			good = append(good, suggestion)
			taken.Add(suggestion.Parameters)
			r.Pending = append(r.Pending, hone.Pending{Number: r.Number, Parameters: suggestion.Parameters, Labels: suggestion.Labels})
			r.Number++
			r.Count--
			if replaced {
				// What follows was proposed with another point in mind: ask for it again, as single asks would.
				last = false
				break
			}
		}
		if last {
			break
		}
	}
	return good, nil
}

// check returns the suggestion, or what stands in for it; one without parameters when the space has no
// other point.
func (s *Suggester) check(ctx context.Context, e *session, r hone.Request, taken *points.Taken, got hone.Suggestion) (hone.Suggestion, bool, error) {
	why := fault(r, taken, got)
	if why == nil {
		return got, false, nil
	}
	a, found, err := points.Draw(ctx, r.Space, taken, points.Stream(r.Seed, r.Number, purpose))
	if err != nil {
		return hone.Suggestion{}, false, interrupted(err, e.spec.Name, r.Number)
	}
	if !found {
		return hone.Suggestion{}, false, nil
	}
	s.logger.Warn("replaced a suggestion by a random point", "algorithm", e.spec.Name, "trial", r.Number, "point", got.Parameters.String(), "reason", why)
	return hone.Suggestion{Parameters: a, Labels: got.Labels, Note: got.Note}, true, nil
}

// fault says what is wrong with a suggestion.
func fault(r hone.Request, taken *points.Taken, got hone.Suggestion) error {
	if err := r.Space.Check(got.Parameters); err != nil {
		return err
	}
	switch {
	case taken.Has(got.Parameters):
		return hone.Errorf(hone.Conflict, "the point was proposed before")
	case !(got.Fidelity >= 0 && got.Fidelity <= 1):
		return hone.Errorf(hone.InvalidArgument, "a fidelity of %g is not in (0, 1]", got.Fidelity)
	case got.Parent < 0:
		return hone.Errorf(hone.InvalidArgument, "%d is not the number of a trial", got.Parent)
	}
	return nil
}

// ask calls the algorithm. One that panics or fails is thrown away with its cache.
func (s *Suggester) ask(ctx context.Context, e *session, r hone.Request) (got []hone.Suggestion, err error) {
	if err := ctx.Err(); err != nil {
		return nil, interrupted(err, e.spec.Name, r.Number)
	}
	defer func() {
		if p := recover(); p != nil {
			s.logger.Error("an algorithm panicked", "algorithm", e.spec.Name, "trial", r.Number, "panic", p, "stack", string(debug.Stack()))
			e.algorithm = nil
			got, err = nil, hone.Errorf(hone.Internal, "algorithm %q failed at trial %d: %v; this is a mistake in the algorithm, and another one may work", e.spec.Name, r.Number, p)
		}
	}()
	got, err = e.algorithm.Suggest(ctx, r)
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, interrupted(err, e.spec.Name, r.Number)
	}
	e.algorithm = nil
	return nil, hone.Errorf(hone.KindOf(err), "algorithm %q, trial %d: %w", e.spec.Name, r.Number, err)
}
