package controller

import (
	"context"
	"time"

	"github.com/hone-tuner/hone"
)

// longestAsk is how long an ask waits for the algorithm before it is answered with what it has got so far.
const longestAsk = 10 * time.Second

// asking is an ask that waits for trials. All but its reply belongs to the lock of the session.
type asking struct {
	client string
	lease  hone.Duration
	count  int
	given  []int // new trials, when there is no client to find them by
	until  time.Time
	left   bool // nobody waits for the answer any more
	reply  chan askReply
}

// askReply answers an ask. again sends it back to its beginning, since the loop has ended.
type askReply struct {
	hone.AskReply
	err   error
	again bool
}

// answer gives the one answer that an ask gets.
func (a *asking) answer(r askReply) {
	a.left = true
	a.reply <- r
}

// Ask implements hone.AskService. A trial that is given to a caller who has gone away in the meantime stays
// its client's, or, without the name of a client, goes back to be given to somebody else.
func (c *Controller) Ask(ctx context.Context, n hone.Name, r hone.AskRequest) (hone.AskReply, error) {
	if err := r.Validate(); err != nil {
		return hone.AskReply{}, err
	}
	c.counters.askers.Add(1)
	defer c.counters.askers.Add(-1)
	s, err := c.handedOut(ctx, n, "asked for")
	if err != nil {
		return hone.AskReply{}, err
	}
	timer := time.NewTimer(longestAsk)
	defer timer.Stop()
	until := c.now().Add(longestAsk)
	for {
		a := &asking{client: r.Client, lease: r.Lease, count: max(r.Count, 1), until: until, reply: make(chan askReply, 1)}
		if reply, over, err := s.open(ctx, a); over || err != nil {
			return reply, err
		}
		s.door.ask(a)
		s.nudge()
		if !s.serving.Load() { // the loop may have ended before it could see this ask
			if got, answered := s.withdraw(a); answered && !got.again {
				return got.AskReply, got.err
			}
			continue
		}
		select {
		case got := <-a.reply:
			if got.again {
				continue
			}
			return got.AskReply, got.err
		case <-timer.C:
			return s.giveUp(a)
		case <-ctx.Done():
			s.abandon(a)
			return hone.AskReply{}, ctx.Err()
		}
	}
}

// handedOut finds an experiment whose trials are run by those who ask for them.
func (c *Controller) handedOut(ctx context.Context, n hone.Name, what string) (*session, error) {
	s, err := c.session(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := hone.Admit(ctx, s.loaded); err != nil {
		return nil, err
	}
	if !s.external {
		return nil, hone.Errorf(hone.Conflict, "experiment %q starts its trials itself: they cannot be %s. "+
			"The trials of an external experiment can, one without `trial` in its file", n, what)
	}
	return s, nil
}

// open makes the loop run, unless the answer is known without it.
func (s *session) open(ctx context.Context, a *asking) (reply hone.AskReply, over bool, err error) {
	if s.serving.Load() {
		return hone.AskReply{}, false, nil
	}
	if s.c.ctx.Err() != nil {
		return hone.AskReply{}, true, errLeaving(s.name)
	}
	s.mu.Lock()
	st := s.exp.Status
	if st.State.Ended() || !s.attached && (st.State == hone.ExperimentPaused || st.Draining) {
		defer s.mu.Unlock()
		if err := s.gone(); err != nil {
			return hone.AskReply{}, true, err
		}
		return s.replyTo(a), true, nil
	}
	s.mu.Unlock()
	return hone.AskReply{}, false, s.drive(ctx, true, launch{})
}

// withdraw takes an ask back, or gets the answer that it has got already.
func (s *session) withdraw(a *asking) (got askReply, answered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case got = <-a.reply:
		return got, true
	default:
		a.left = true
		return askReply{}, false
	}
}

// giveUp answers an ask that has waited for long enough with what there is.
func (s *session) giveUp(a *asking) (hone.AskReply, error) {
	if got, answered := s.withdraw(a); answered && !got.again {
		return got.AskReply, got.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replyTo(a), nil
}

// abandon is for a caller who has gone. Trials that it was given without the name of a client, nobody would
// ever ask for again: they go back.
func (s *session) abandon(a *asking) {
	s.withdraw(a)
	if a.client != "" || len(a.given) == 0 || s.c.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []hone.Event
	for _, number := range a.given {
		if l, ok := s.live[number]; ok && l.State == hone.TrialRunning {
			events = append(events, requeue(l.Trial, hone.Lost, "whoever asked for it left before the answer came", false))
		}
	}
	if err := s.record(context.WithoutCancel(s.c.ctx), events...); err != nil {
		s.c.Logger.Error("could not take trials back that nobody was given", "experiment", s.name, "error", err)
	}
	s.nudge()
}
