package controller

import (
	"sync"

	"github.com/hone-tuner/hone"
)

// roundLimit is how many tells, and how many new trials, one transaction takes at most.
const roundLimit = 1024

// door is where tells and asks wait for the loop of an external experiment. It has a lock of its own: those
// that come while the loop waits for the disk gather here, and the loop answers all of them with its next
// transaction.
type door struct {
	mu    sync.Mutex
	tells []*telling
	asks  []*asking
}

func (d *door) tell(t *telling) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tells = append(d.tells, t)
}

func (d *door) ask(a *asking) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asks = append(d.asks, a)
}

func (d *door) take() ([]*telling, []*asking) {
	d.mu.Lock()
	defer d.mu.Unlock()
	tells, asks := d.tells, d.asks
	d.tells, d.asks = nil, nil
	return tells, asks
}

func (d *door) empty() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.tells)+len(d.asks) == 0
}

// receive lets in who waits at the door. The lock is held.
func (s *session) receive() {
	if !s.external {
		return
	}
	tells, asks := s.door.take()
	s.tells = append(s.tells, tells...)
	kept := s.asks[:0]
	for _, a := range append(s.asks, asks...) {
		if !a.left && !s.satisfied(a) {
			kept = append(kept, a)
		}
	}
	clear(s.asks[min(len(kept), len(s.asks)):])
	s.asks = kept
}

// waiting reports whether anybody waits for the loop. The lock is held.
func (s *session) waiting() bool { return len(s.tells)+len(s.asks) > 0 || !s.door.empty() }

// refuse answers whoever waits with an error of the loop. Tells can be kept: what the algorithm got wrong
// is no reason not to take them. The lock is held.
func (s *session) refuse(err error, tells bool) {
	for _, a := range s.asks {
		a.answer(askReply{err: err})
	}
	s.asks = nil
	if !tells {
		return
	}
	for _, t := range s.tells {
		t.reply <- tellReply{err: err}
	}
	s.tells = nil
}

// turnAway is for when the loop ends: who waits comes again, and begins another one, unless the loop
// ended by an error or the process leaves. The lock is held.
func (s *session) turnAway(err error) {
	s.receive()
	leaving := s.c.ctx.Err() != nil
	for _, a := range s.asks {
		switch {
		case leaving:
			a.answer(askReply{err: errLeaving(s.name)})
		case err != nil:
			a.answer(askReply{err: err})
		case s.interrupted:
			a.answer(askReply{err: hone.Errorf(hone.Unavailable, "experiment %q was interrupted; asking again goes on with it", s.name)})
		default:
			a.answer(askReply{again: true})
		}
	}
	for _, t := range s.tells {
		if leaving {
			t.reply <- tellReply{err: errLeaving(s.name)}
		} else {
			t.reply <- tellReply{again: true}
		}
	}
	s.asks, s.tells = nil, nil
}

func errLeaving(n hone.Name) error {
	return hone.Errorf(hone.Unavailable, "experiment %q: the process that runs it is leaving; try again when it is back", n)
}
