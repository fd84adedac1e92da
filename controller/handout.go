package controller

import (
	"time"

	"github.com/hone-tuner/hone"
)

// When it makes sense to ask again.
const (
	askSoon  = time.Second     // a place may be free by then
	askLater = 5 * time.Second // something must happen first
)

// satisfied answers an ask if all that it wants is there. The lock is held.
func (s *session) satisfied(a *asking) bool {
	if s.missing(a) > 0 {
		return false
	}
	a.answer(askReply{AskReply: s.replyTo(a)})
	return true
}

// missing is how many trials an ask still wants. The lock is held.
func (s *session) missing(a *asking) int {
	if a.client != "" {
		return a.count - len(s.owned[a.client])
	}
	return a.count - len(a.given)
}

// wanted is how many trials are to begin for those who wait. The lock is held.
func (s *session) wanted() int {
	n := 0
	s.eachWish(func(*asking) bool { n++; return n < roundLimit })
	return n
}

// eachWish goes through the trials that are wanted, one by one: in the order of asking, and once for a
// client that asks twice at a time. The lock is held.
func (s *session) eachWish(give func(a *asking) bool) {
	promised := map[string]int{}
	for _, a := range s.asks {
		if a.left {
			continue
		}
		n := s.missing(a)
		if a.client != "" {
			n -= promised[a.client]
			promised[a.client] += max(n, 0)
		}
		for range n {
			if !give(a) {
				return
			}
		}
	}
}

// assign gives the attempts that are about to begin to those who wait: an attempt carries its client and its
// lease. What nobody waits for any more does not begin. takers are who gets each, by trial. The lock is held.
func (s *session) assign(events []hone.Event) (kept []hone.Event, takers map[int]*asking) {
	var wishes []*asking
	s.eachWish(func(a *asking) bool { wishes = append(wishes, a); return len(wishes) < len(events) })
	takers = map[int]*asking{}
	unit := 0 // where the events of the next trial begin
	for i := range events {
		ev := &events[i]
		switch {
		case ev.Type == hone.EventTrialStarted && len(wishes) == 0:
			return events[:unit], takers
		case ev.Type == hone.EventTrialStarted:
			takers[ev.Trial] = wishes[0]
			ev.Client, ev.Lease = wishes[0].client, wishes[0].lease
			wishes = wishes[1:]
			unit = i + 1
		case ev.Trial == 0 && ev.Reason != "":
			unit = i + 1 // a note about the algorithm, not about the trial after it
		}
	}
	return events, takers
}

// deliver answers those whose trials have begun. The lock is held.
func (s *session) deliver(takers map[int]*asking) {
	if len(takers) == 0 {
		return
	}
	for number, a := range takers {
		if a.client == "" {
			a.given = append(a.given, number)
		}
	}
	kept := s.asks[:0]
	for _, a := range s.asks {
		if !a.left && !s.satisfied(a) {
			kept = append(kept, a)
		}
	}
	clear(s.asks[len(kept):])
	s.asks = kept
}

// settleAsks answers those for whom there is no more at present. The lock is held.
func (s *session) settleAsks() {
	if len(s.asks) == 0 || len(s.tells) > 0 {
		return
	}
	reason, retry := s.shortage()
	again := s.c.now().Add(retry)
	kept := s.asks[:0]
	for _, a := range s.asks {
		switch {
		case a.left:
		case reason == hone.Suggesting && again.Before(a.until): // it is worth waiting
			kept = append(kept, a)
		default:
			a.answer(askReply{AskReply: s.replyTo(a)})
		}
	}
	clear(s.asks[len(kept):])
	s.asks = kept
}

// replyTo says what an ask has got: the running trials of its client, or those that it was given. They are
// its own, and their leases begin anew. The lock is held.
func (s *session) replyTo(a *asking) hone.AskReply {
	reply := hone.AskReply{State: s.exp.Status.State}
	numbers := a.given
	if a.client != "" {
		numbers = s.owned[a.client]
	}
	now := s.c.now()
	for _, number := range numbers[:min(a.count, len(numbers))] {
		if l, ok := s.live[number]; ok && l.State == hone.TrialRunning {
			l.seen = now
			reply.Trials = append(reply.Trials, l.Trial)
		}
	}
	if len(reply.Trials) < a.count {
		reason, retry := s.shortage()
		reply.Reason, reply.RetryAfter = reason, hone.Duration(retry)
	}
	return reply
}

// shortage says why there are no more trials to be had, and when it makes sense to ask again. The lock is held.
func (s *session) shortage() (hone.Reason, time.Duration) {
	st, spec := s.exp.Status, s.exp.Spec
	none := st.Counts.Pending == 0 && len(st.Queue) == 0
	switch limit := spec.Budget.Trials; {
	case st.State.Ended():
		return st.Reason, 0
	case st.State == hone.ExperimentPaused:
		return hone.Paused, askLater
	case st.Draining:
		return hone.Draining, 0
	case spec.Parallelism > 0 && st.Counts.Running >= spec.Parallelism:
		return hone.ParallelismReached, askSoon
	case limit > 0 && st.Created >= limit && st.Counts.Pending == 0:
		return hone.BudgetSpent, s.mayComeBack()
	case s.exhausted && none:
		return hone.SpaceExhausted, s.mayComeBack()
	}
	return hone.Suggesting, max(s.outage.until.Sub(s.c.now()), askSoon)
}

// mayComeBack is when a running trial could be lost by its worker, so that it can be given to another one;
// 0 when none has a lease. The lock is held.
func (s *session) mayComeBack() time.Duration {
	next := s.leases.next()
	if next.IsZero() {
		return 0
	}
	return min(max(next.Sub(s.c.now()), askSoon), askLater)
}
