package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// expected is an experiment as its events tell it, beside what is stored.
type expected struct {
	*checker
	slot  slot
	where string
	exp   hone.Experiment
	// trials as the events fold them, by number.
	trials map[int]hone.Trial
	// told is false when events cannot be read, so that nothing can be compared with them.
	told bool
}

func (x *expected) find(what string, args ...any) { x.report.find(x.where, what, args...) }

// check compares everything with what the events tell.
func (x *expected) check(state []byte) error {
	stored, err := codec.DecodeState(state)
	switch {
	case state == nil:
		x.find("its state is missing")
	case err != nil:
		x.find("%v", err)
	}
	if err := x.refold(stored, state != nil && err == nil); err != nil {
		return err
	}
	if x.told && state != nil && err == nil {
		x.compareState(stored)
	}
	stories, err := x.checkTrials()
	if err != nil {
		return err
	}
	x.index(rankBucket, stories.ranks)
	x.index(finishedBucket, stories.places)
	return x.chunks(stories.attempts)
}

// refold folds the events anew.
func (x *expected) refold(stored codec.State, known bool) error {
	events, err := x.events()
	if err != nil || !x.told {
		return err
	}
	x.trials = map[int]hone.Trial{}
	e := x.begin(events, stored, known)
	for i, ev := range events {
		var t hone.Trial
		if e, t, err = hone.Fold(e, x.trials[ev.Trial], ev); err != nil {
			x.told = false
			x.find("its events contradict each other: event %d (%s): %v", ev.Sequence, ev.Type, err)
			return nil
		}
		if ev.Trial != 0 {
			x.trials[ev.Trial] = t
		}
		if err := x.step(x.where, int64(i), int64(len(events))); err != nil {
			return err
		}
	}
	x.exp = e
	return nil
}

// begin is the experiment before its first event. The limits with which it began stand in that event; where they
// do not, they are those that stand now, if nothing has changed them, and else none.
func (x *expected) begin(events []hone.Event, stored codec.State, known bool) hone.Experiment {
	limits := hone.Limits{}
	edited := slices.ContainsFunc(events, func(ev hone.Event) bool { return ev.Type == hone.EventEdited })
	switch {
	case len(events) > 0 && events[0].Limits != nil:
		limits = *events[0].Limits
	case known && !edited:
		limits = stored.Limits
	}
	e := x.exp
	e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = limits.Budget, limits.Parallelism, limits.Stop
	return e
}

// events reads the events, which must be numbered without a gap.
func (x *expected) events() (events []hone.Event, err error) {
	x.told = true
	missed := func(format string, args ...any) {
		x.told = false
		x.find(format, args...)
	}
	last := int64(0)
	x.scan(eventBucket, 12, func(k, v []byte) bool {
		ev, failure := codec.DecodeEvent(v)
		sequence := int64(binary.BigEndian.Uint64(k[4:]))
		if sequence != last+1 {
			missed("events %d to %d are missing", last+1, sequence-1)
		}
		last = sequence
		switch {
		case failure != nil:
			missed("event %d: %v", sequence, failure)
		case ev.Sequence != sequence:
			missed("event %d stands in the place of event %d", ev.Sequence, sequence)
		default:
			events = append(events, ev)
		}
		err = x.step(x.where, last, 0)
		return err == nil
	})
	x.report.Events += last
	if last == 0 {
		missed("its events are missing")
	}
	return events, err
}

// scan goes through the records of the experiment in a bucket whose keys have a length (0 for any).
func (x *expected) scan(b bucket, length int, visit func(k, v []byte) bool) {
	prefix := x.slot.key()
	x.bucket(b).Scan(prefix, func(k, v []byte) bool {
		switch {
		case !bytes.HasPrefix(k, prefix):
			return false
		case length > 0 && len(k) != length:
			x.find("bucket %q: the key %x is malformed", b.name, k)
			return true
		}
		return visit(k, v)
	})
}

// compareState compares the stored state with the one that the events give.
func (x *expected) compareState(stored codec.State) {
	have, failure := codec.EncodeState(stored.Of(x.exp))
	want, err := codec.EncodeState(x.exp)
	if failure != nil || err != nil || bytes.Equal(have, want) {
		return
	}
	if stored.Status.Events != x.exp.Status.Events {
		x.find("its state is that after event %d; there are %d events", stored.Status.Events, x.exp.Status.Events)
		return
	}
	x.find("its stored state (%s) is not what its events give (%s)", digest(stored.Status), digest(x.exp.Status))
}

func digest(s hone.Status) string {
	return fmt.Sprintf("%s, %d trials, %d of them ended", s.State, s.Trials(), s.Finished)
}
