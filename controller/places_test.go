package controller

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// renter is an experiment as the property test has it: what is recorded of it.
type renter struct {
	uid, namespace string
	parallelism    int
	running        int
	wake           chan struct{}
}

// estate is places with those who use them.
type estate struct {
	t       *rapid.T
	p       *places
	renters []*renter
}

// sums checks that what is kept is what follows from the recorded numbers of running trials.
func (e *estate) sums() {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	held, allowed, desired := map[string]int{}, map[string]int{}, map[string]int{}
	running := 0
	for _, r := range e.renters {
		h, ok := e.p.holders[r.uid]
		if !ok {
			require.Zero(e.t, r.running, "whoever runs trials is known")
			continue
		}
		require.Equal(e.t, r.running, h.running)
		require.LessOrEqual(e.t, h.allowed, h.desired)
		require.Equal(e.t, h.desired > h.allowed, e.p.waiting[h])
		running += r.running
		for _, key := range []string{"", r.namespace} {
			held[key] += h.held()
			allowed[key] += h.allowed
			desired[key] += h.desired
		}
	}
	all := e.p.all
	require.Equal(e.t, []int{held[""], allowed[""], desired[""]}, []int{all.held, all.allowed, all.desired})
	require.LessOrEqual(e.t, held[""], all.limit)
	for name, q := range e.p.spaces {
		require.Equal(e.t, []int{held[name], allowed[name], desired[name]}, []int{q.held, q.allowed, q.desired})
		require.LessOrEqual(e.t, held[name], q.limit)
	}
	for h := range e.p.waiting { // no place is free that somebody who waits could have
		free := all.allowed < all.limit && h.space.allowed < h.space.limit
		slack := all.held > all.allowed
		require.False(e.t, free && !slack, "%+v waits though there is room in %+v", *h, all)
	}
}

// run is one step of a loop: it ends some trials, begins others as far as it may, and records that, or fails to.
func (e *estate) run(r *renter) {
	ends := rapid.IntRange(0, r.running).Draw(e.t, "ends")
	base := r.running - ends
	want := rapid.IntRange(0, max(0, r.parallelism-base)).Draw(e.t, "want")
	got := e.p.claim(r.uid, r.namespace, r.wake, base, want)
	require.LessOrEqual(e.t, got, want)
	e.sums()
	begin := rapid.IntRange(0, got).Draw(e.t, "begin")
	switch rapid.IntRange(0, 4).Draw(e.t, "what happens") {
	case 0: // the record failed: everything is as it was
		e.p.release(r.uid)
	case 1: // the algorithm is at work
		e.p.lend(r.uid, begin)
		require.True(e.t, begin == 0 || e.p.covers(r.uid, base+begin))
		e.record(r, base+begin)
	default:
		require.True(e.t, begin == 0 || e.p.covers(r.uid, base+begin))
		e.record(r, base+begin)
	}
}

func (e *estate) record(r *renter, running int) {
	r.running = running
	e.p.recorded(r.uid, r.namespace, running)
}

func TestPlacesFollowFromWhatIsRecorded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{Trials: rapid.IntRange(0, 6).Draw(t, "limit"), PerNamespace: rapid.IntRange(0, 4).Draw(t, "limit of a namespace")}
		e := &estate{t: t, p: newPlaces(limits)}
		for i := range rapid.IntRange(1, 6).Draw(t, "experiments") {
			e.renters = append(e.renters, &renter{uid: fmt.Sprint(i), namespace: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "namespace"),
				parallelism: rapid.IntRange(1, 5).Draw(t, "parallelism"), wake: make(chan struct{}, 1)})
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			r := rapid.SampledFrom(e.renters).Draw(t, "who")
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				e.p.release(r.uid)
			case 1:
				e.record(r, rapid.IntRange(0, r.running).Draw(t, "left")) // its loop has gone, and trials are taken away
				e.p.release(r.uid)
			case 2:
				r.running = 0
				e.p.forget(r.uid)
			default:
				e.run(r)
			}
			e.sums()
		}
		for _, r := range e.renters {
			e.p.claim(r.uid, r.namespace, r.wake, 0, 0)
			e.record(r, 0)
			e.p.release(r.uid)
		}
		e.sums()
		require.Empty(t, e.p.holders, "nothing is left when all have ended")
		require.Empty(t, e.p.spaces)
		require.Empty(t, e.p.waiting)
	})
}

func TestWhoeverWaitsIsWokenWhenThereIsAPlace(t *testing.T) {
	p := newPlaces(Limits{Trials: 1})
	first, second, third := make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1)
	require.Equal(t, 1, p.claim("1", "a", first, 0, 3))
	p.recorded("1", "a", 1)
	require.Zero(t, p.claim("2", "a", second, 0, 1))
	require.Zero(t, p.claim("3", "a", third, 0, 1))
	require.Zero(t, p.claim("1", "a", first, 0, 3), "its trial has ended, but others have waited for longer")
	require.Empty(t, second, "the end is not recorded yet")
	p.recorded("1", "a", 0)
	require.Len(t, second, 1)
	require.Empty(t, third)
	require.True(t, p.covers("2", 1))
	require.False(t, p.covers("3", 1))
	p.release("2") // its loop has ended
	require.Len(t, third, 1)
	require.True(t, p.covers("3", 1))
	p.forget("3")
	require.Len(t, first, 1)
}

func TestWithoutLimitsEverybodyGetsWhatTheyWant(t *testing.T) {
	p := newPlaces(Limits{})
	require.Equal(t, 1000, p.claim("1", "a", nil, 0, 1000))
	require.Equal(t, 1000, p.claim("2", "a", nil, 5, 1000))
}

func TestTrialsBeyondALimitThatWasLoweredAreNotReplaced(t *testing.T) {
	p := newPlaces(Limits{Trials: 2})
	wake := make(chan struct{}, 1)
	p.found("1", "a", 5)
	require.Zero(t, p.claim("1", "a", wake, 5, 3))
	for running := 4; running >= 2; running-- {
		require.Zero(t, p.claim("1", "a", wake, running, 1))
		p.recorded("1", "a", running)
	}
	require.Equal(t, 1, p.claim("1", "a", wake, 1, 1))
}
