package controller

import (
	"math"
	"sync"

	"github.com/hone-tuner/hone"
)

// Limits are how many trials may run at once that the service runs itself; 0 stands for any number. Trials
// of external experiments run elsewhere and take no place.
type Limits struct {
	// Trials is for all experiments together.
	Trials int
	// PerNamespace is for the experiments of each namespace.
	PerNamespace int
}

// places hands out the right to run a trial. What an experiment holds is never added up from what was given
// and taken back: it is the number of its running trials as recorded, or, while it is about to begin some,
// the number that it may have. So nothing is lost when something fails in between.
//
// Scarce places go round: to the namespace that holds the fewest, then the one whose turn was longest ago;
// in it, to the experiment that holds the fewest, then the one that has waited longest.
type places struct {
	limits Limits

	mu      sync.Mutex
	all     quarter
	spaces  map[string]*quarter // by namespace
	holders map[string]*holder  // by the UID of an experiment
	waiting map[*holder]bool
	tickets int64
}

// quarter is a sum over holders.
type quarter struct {
	name    string
	held    int   // places that nobody else can have now
	allowed int   // places that will still be held when the ends that are known have been recorded
	desired int   // places that would be held if there were enough
	ticket  int64 // when its turn was, or when it began to wait
	holders int
	limit   int
}

func (q *quarter) full() bool { return q.held >= q.limit }

// holder is an experiment that runs trials, or wants to.
type holder struct {
	space *quarter
	wake  chan<- struct{}
	// running is the number of running trials as recorded; base is what it will be when the ends that the
	// experiment knows of are recorded.
	running, base int
	// allowed is how many it may have running, and desired how many it would like to.
	allowed, desired int
	ticket           int64
	lent             bool
}

func (h *holder) held() int { return max(h.running, h.allowed) }

// slack is set while an end of its own has yet to be recorded: it can have that place without another.
func (h *holder) slack() bool { return h.allowed < h.running }

func newPlaces(l Limits) *places {
	return &places{limits: l, all: quarter{limit: orAny(l.Trials)}, spaces: map[string]*quarter{},
		holders: map[string]*holder{}, waiting: map[*holder]bool{}}
}

func orAny(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}

// claim asks for places for further trials of an experiment, which has so many running when the ends that
// it is about to record are recorded. It returns how many it may begin. For the rest it waits: it is woken
// when there are more. Each claim replaces the one before.
func (p *places) claim(uid, namespace string, wake chan<- struct{}, running, want int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.holder(uid, namespace)
	h.wake = wake
	before, unused := h.allowed, max(0, h.allowed-h.running)
	p.change(h, func() {
		h.base, h.desired = running, running+want
		h.allowed = min(running+unused, h.desired)
	})
	if h.allowed < before && p.waiting[h] { // it has just had a place: others have waited for longer
		h.ticket = p.ticket()
		h.space.ticket = h.ticket
	}
	p.distribute(h)
	p.tidy(uid, h)
	return h.allowed - running
}

// covers reports whether an experiment may have so many trials running.
func (p *places) covers(uid string, running int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, ok := p.holders[uid]
	return ok && running <= h.allowed
}

// recorded says how many trials of an experiment run, now that it is on record.
func (p *places) recorded(uid, namespace string, running int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.holder(uid, namespace)
	p.change(h, func() {
		h.running, h.base = running, running
		h.allowed = max(h.allowed, running)
		h.desired = max(h.desired, h.allowed)
	})
	p.distribute(nil)
	p.tidy(uid, h)
}

// found is recorded for an experiment that nobody may have looked after yet.
func (p *places) found(uid, namespace string, running int) {
	p.mu.Lock()
	_, known := p.holders[uid]
	p.mu.Unlock()
	if !known {
		p.recorded(uid, namespace, running)
	}
}

// lend gives back what an experiment cannot use yet, since its algorithm is still at work, except for so
// many trials. It keeps its turn.
func (p *places) lend(uid string, keep int) {
	p.giveBack(uid, func(h *holder) {
		h.allowed = min(h.allowed, h.base+keep)
		h.desired, h.lent = h.allowed, true
	})
}

// release gives back what an experiment has not used, and stops waiting.
func (p *places) release(uid string) {
	p.giveBack(uid, func(h *holder) {
		h.allowed, h.base = h.running, h.running
		h.desired, h.lent = h.running, false
	})
}

func (p *places) giveBack(uid string, change func(*holder)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h, ok := p.holders[uid]
	if !ok {
		return
	}
	p.change(h, func() { change(h) })
	p.distribute(nil)
	p.tidy(uid, h)
}

// forget takes an experiment away of which nothing runs any more.
func (p *places) forget(uid string) {
	p.giveBack(uid, func(h *holder) { h.running, h.base, h.allowed, h.desired = 0, 0, 0, 0 })
}

// holder finds or makes what is known of an experiment. The lock is held.
func (p *places) holder(uid, namespace string) *holder {
	h, ok := p.holders[uid]
	if ok {
		return h
	}
	space, ok := p.spaces[namespace]
	if !ok {
		space = &quarter{name: namespace, limit: orAny(p.limits.PerNamespace)}
		p.spaces[namespace] = space
	}
	space.holders++
	h = &holder{space: space}
	p.holders[uid] = h
	return h
}

// tidy forgets a holder that neither has nor wants anything. The lock is held.
func (p *places) tidy(uid string, h *holder) {
	if h.held() > 0 || h.desired > 0 {
		return
	}
	delete(p.holders, uid)
	if h.space.holders--; h.space.holders == 0 {
		delete(p.spaces, h.space.name)
	}
}

// change changes a holder and the sums that it is part of. The lock is held.
func (p *places) change(h *holder, change func()) {
	for _, q := range []*quarter{&p.all, h.space} {
		q.held, q.allowed, q.desired = q.held-h.held(), q.allowed-h.allowed, q.desired-h.desired
	}
	idle := h.space.allowed+h.allowed >= h.space.desired+h.desired
	change()
	for _, q := range []*quarter{&p.all, h.space} {
		q.held, q.allowed, q.desired = q.held+h.held(), q.allowed+h.allowed, q.desired+h.desired
	}
	switch waits := h.desired > h.allowed; {
	case !waits:
		delete(p.waiting, h)
	case !p.waiting[h]:
		p.waiting[h] = true
		if !h.lent {
			h.ticket = p.ticket()
		}
		if idle {
			h.space.ticket = p.ticket()
		}
		h.lent = false
	}
}

func (p *places) ticket() int64 {
	p.tickets++
	return p.tickets
}

// distribute gives places to those that wait, as far as there are any, and wakes them, except for the one
// that is asking. The lock is held.
func (p *places) distribute(asking *holder) {
	blocked := map[*quarter]bool{}
	for p.all.allowed < p.all.limit {
		h := p.next(blocked)
		switch {
		case h == nil:
			return
		case !h.slack() && p.all.full():
			return // it gets the place of a trial whose end is about to be recorded
		case !h.slack() && h.space.full():
			blocked[h.space] = true
			continue
		}
		p.change(h, func() { h.allowed++ })
		h.ticket = p.ticket()
		h.space.ticket = h.ticket
		if h != asking {
			select {
			case h.wake <- struct{}{}:
			default:
			}
		}
	}
}

// next is whose turn it is; nil when nobody can have a place. The lock is held.
func (p *places) next(blocked map[*quarter]bool) (best *holder) {
	for h := range p.waiting {
		if h.space.allowed < h.space.limit && !blocked[h.space] && (best == nil || h.before(best)) {
			best = h
		}
	}
	return best
}

// before says which of two that wait gets the next place.
func (h *holder) before(other *holder) bool {
	a, b := h.space, other.space
	switch {
	case a != b && a.allowed != b.allowed:
		return a.allowed < b.allowed
	case a != b:
		return a.ticket < b.ticket
	case h.allowed != other.allowed:
		return h.allowed < other.allowed
	}
	return h.ticket < other.ticket
}

// statistics counts the places.
func (p *places) statistics() hone.Places {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := hone.Places{Used: p.all.held, Limit: p.limits.Trials, NamespaceLimit: p.limits.PerNamespace,
		Waiting: p.all.desired - p.all.allowed, Namespaces: make(map[string]hone.NamespacePlaces, len(p.spaces))}
	for name, q := range p.spaces {
		out.Namespaces[name] = hone.NamespacePlaces{Used: q.held, Waiting: q.desired - q.allowed}
	}
	return out
}
