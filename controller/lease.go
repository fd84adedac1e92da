package controller

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
)

// mostLost is how often the worker of a trial may be lost before the trial fails: one that takes its
// worker down must not go round for ever.
const mostLost = 10

// leases finds the lease that runs out next. A sign of life costs nothing: it is noted in the trial, and
// looked at when the lease would have run out without it.
type leases struct {
	heap    []lease
	indexes map[int]int // place in the heap, by trial
}

// lease is a trial and a time before which its worker is not lost.
type lease struct {
	number int
	until  time.Time
}

// Len implements heap.Interface.
func (l *leases) Len() int { return len(l.heap) }

// Less implements heap.Interface.
func (l *leases) Less(i, j int) bool { return l.heap[i].until.Before(l.heap[j].until) }

// Swap implements heap.Interface.
func (l *leases) Swap(i, j int) {
	l.heap[i], l.heap[j] = l.heap[j], l.heap[i]
	l.indexes[l.heap[i].number], l.indexes[l.heap[j].number] = i, j
}

// Push implements heap.Interface.
func (l *leases) Push(x any) {
	entry := x.(lease) //nolint:forcetypeassert // nothing else is pushed
	l.indexes[entry.number] = len(l.heap)
	l.heap = append(l.heap, entry)
}

// Pop implements heap.Interface.
func (l *leases) Pop() any {
	last := l.heap[len(l.heap)-1]
	l.heap = l.heap[:len(l.heap)-1]
	delete(l.indexes, last.number)
	return last
}

// set puts the lease of a trial in, or moves it; the zero time takes it out.
func (l *leases) set(number int, until time.Time) {
	if l.indexes == nil {
		l.indexes = map[int]int{}
	}
	i, ok := l.indexes[number]
	switch {
	case until.IsZero() && ok:
		heap.Remove(l, i)
	case until.IsZero():
	case ok:
		l.heap[i].until = until
		heap.Fix(l, i)
	default:
		heap.Push(l, lease{number, until})
	}
}

// next is the earliest time at which a worker may be lost; zero for never.
func (l *leases) next() time.Time {
	if len(l.heap) == 0 {
		return time.Time{}
	}
	return l.heap[0].until
}

// leaseUntil is when the lease of a running trial ends, unless its worker gives a sign; zero without a lease.
func (l *liveTrial) leaseUntil() time.Time {
	if l.State != hone.TrialRunning || l.Lease == 0 {
		return time.Time{}
	}
	return l.seen.Add(time.Duration(l.Lease))
}

// own notes whose the trial is, after an event. The lock is held.
func (s *session) own(before hone.Trial, l *liveTrial, began bool) {
	if before.State == hone.TrialRunning && before.Client != "" {
		mine := slices.DeleteFunc(s.owned[before.Client], func(n int) bool { return n == before.Number })
		if s.owned[before.Client] = mine; len(mine) == 0 {
			delete(s.owned, before.Client)
		}
	}
	if began {
		l.seen = s.c.now()
	}
	if l.State == hone.TrialRunning && l.Client != "" {
		mine := append(s.owned[l.Client], l.Number)
		slices.Sort(mine)
		s.owned[l.Client] = mine
	}
	s.leases.set(l.Number, l.leaseUntil())
}

// renewLeases begins every lease anew: nobody could give a sign while the loop did not run. The lock is held.
func (s *session) renewLeases() {
	now := s.c.now()
	for number, l := range s.live {
		l.seen = now
		s.leases.set(number, l.leaseUntil())
	}
}

// expire takes trials away from workers that were silent for longer than their leases, unless they have
// just ended. The lock is held.
func (s *session) expire(ctx context.Context, ended map[int]bool) (events []hone.Event, err error) {
	now := s.c.now()
	for next := s.leases.next(); !next.IsZero() && !next.After(now); next = s.leases.next() {
		number := s.leases.heap[0].number
		l := s.live[number]
		if until := l.leaseUntil(); until.After(now) {
			s.leases.set(number, until)
			continue
		}
		if len(events) == roundLimit {
			break
		}
		s.leases.set(number, now.Add(time.Second)) // should this not be recorded, it is tried again
		if ended[number] {
			continue
		}
		ev, err := s.silent(ctx, l)
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	return events, nil
}

// silent says what becomes of a trial whose worker has vanished.
func (s *session) silent(ctx context.Context, l *liveTrial) (hone.Event, error) {
	who := "its worker"
	if l.Client != "" {
		who = "worker " + l.Client
	}
	why := fmt.Sprintf("%s was silent for longer than its lease of %s", who, l.Lease)
	if retry := s.exp.Spec.OnLost != "fail" && l.Retries < mostLost; retry && l.Stopping != hone.StoppedEarly {
		return requeue(l.Trial, hone.Lost, fmt.Sprintf("%s; attempt %d is for whoever asks next", why, l.Attempt+1), true), nil
	}
	if s.exp.Spec.OnLost != "fail" {
		why = fmt.Sprintf("%s; it was lost %d times", why, l.Retries+1)
	}
	return s.cutShort(ctx, s.exp, l, hone.Exit{Requested: l.Stopping == hone.StoppedEarly, Reason: hone.Lost, Message: why})
}

// cancel ends a running trial because its user says so. Its worker learns it with its next measurements. The
// lock is held.
func (s *session) cancel(ctx context.Context, number int, why string) (hone.Event, error) {
	l := *s.live[number]
	if l.Stopping != hone.StoppedEarly {
		l.Stopping, l.Message = hone.Cancelled, why
	}
	return s.cutShort(ctx, s.exp, &l, hone.Exit{Requested: true})
}

// cutShort ends a running trial without its worker, with the readings that are there. The lock is held.
func (s *session) cutShort(ctx context.Context, e hone.Experiment, l *liveTrial, exit hone.Exit) (hone.Event, error) {
	if err := l.curve.recall(ctx, s.c.Store, s.uid, l.Number); err != nil {
		return hone.Event{}, err
	}
	obs := hone.Observe(s.objective, l.curve.readings())
	if exit.Requested {
		return conclude(e, l.Trial, outcome{exit: exit, obs: obs}), nil
	}
	ev := hone.Event{Type: hone.EventTrialEnded, Trial: l.Number, Attempt: l.Attempt, Metrics: obs.Metrics}
	fail(&ev, exit.Reason, exit.Message)
	return ev, nil
}
