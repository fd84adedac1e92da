package controller

import (
	"context"
	"time"

	"github.com/hone-tuner/hone"
)

// A look at what ended trials left behind reads all their folders. It comes every so often, and at the end of
// a run that took at least as long, or whose limits are small.
const (
	pruneAfter = 30 * time.Second
	smallSize  = 1 << 30 // bytes
)

// retainer removes what ended trials left behind, beyond the limits of the user, beside the loop.
type retainer struct {
	looked int           // trials that had ended at the last look
	began  time.Time     // of the run
	when   time.Time     // of the last look
	busy   chan struct{} // closed when the look that is going on is over
}

// due reports whether it is time for a look.
func (r *retainer) due(now time.Time, keep hone.Retention, last bool) bool {
	if r.began.IsZero() {
		r.began, r.when = now, now
	}
	if last {
		return now.Sub(r.began) >= pruneAfter || keep.Age > 0 || keep.Size < smallSize
	}
	return now.Sub(r.when) >= pruneAfter
}

// look prunes when enough trials have ended since the last look, or, at the end of the loop, whatever
// has. It never delays a trial.
func (r *retainer) look(ctx context.Context, s *session, last bool) {
	cleaner, ok := s.c.Runner.(hone.Cleaner)
	s.mu.Lock()
	ended, keep, exp := len(s.ended), s.launch.retention, s.exp
	s.mu.Unlock()
	now := s.c.now()
	if !ok || keep == (hone.Retention{}) || ended == r.looked || !r.due(now, keep, last) {
		return
	}
	if r.busy != nil {
		select {
		case <-r.busy:
		default:
			if !last {
				return
			}
			<-r.busy
		}
	}
	r.looked, r.when, r.busy = ended, now, make(chan struct{})
	over := r.busy
	prune := func() {
		defer close(over)
		trials, err := s.c.Store.Ranking(ctx, s.uid, 0, false)
		if err == nil {
			err = cleaner.Prune(ctx, exp, trials, keep)
		}
		if err != nil && ctx.Err() == nil {
			s.c.Logger.Warn("could not remove what old trials left behind", "experiment", exp.Name, "error", err)
		}
	}
	if last {
		prune()
		return
	}
	s.c.loops.Go(prune)
}
