package bolt

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// line is an entry of an index as it must be.
type line struct {
	key, value []byte
}

// stories are what follows from the trials of an experiment.
type stories struct {
	ranks, places []line
	attempts      map[int]int // of each trial
}

// checkTrials compares the stored trials with those that the events give.
func (x *expected) checkTrials() (s stories, err error) {
	s.attempts = map[int]int{}
	goal := x.exp.Spec.Objective.Goal
	x.scan(trialBucket, 8, func(k, v []byte) bool {
		number := int(slotOf(k[4:]))
		t, failure := codec.DecodeTrial(v, x.exp.Name)
		want, known := x.trials[number]
		switch {
		case failure != nil:
			x.find("trial %d: %v", number, failure)
			t = want // what the indexes should say
		case t.Number != number:
			x.find("trial %d stands in the place of trial %d", t.Number, number)
		case x.told && !known:
			x.find("trial %d is in none of its events", number)
		case x.told && !sameTrial(t, want):
			x.find("trial %s is stored as %s in attempt %d, and its events make it %s in attempt %d, or with another content",
				t.Name(), t.State, t.Attempt, want.State, want.Attempt)
		}
		x.report.Trials++
		s.attempts[number] = t.Attempt
		delete(x.trials, number)
		s.ranks = append(s.ranks, line{key: x.slot.rank(goal, t)})
		if key := place(x.slot, t); key != nil {
			s.places = append(s.places, line{key: key, value: slot(number).key()})
		}
		err = x.step(x.where, int64(number), int64(x.exp.Status.Trials()))
		return err == nil
	})
	for _, number := range slices.Sorted(maps.Keys(x.trials)) {
		x.find("trial %d is missing", number)
	}
	x.trials = nil
	return s, err
}

func sameTrial(a, b hone.Trial) bool {
	left, err := codec.EncodeTrial(a)
	right, failure := codec.EncodeTrial(b)
	return err == nil && failure == nil && bytes.Equal(left, right)
}

// index compares an index with what it must hold.
func (x *expected) index(b bucket, want []line) {
	slices.SortFunc(want, func(a, b line) int { return bytes.Compare(a.key, b.key) })
	missing, strange := 0, 0
	x.scan(b, 0, func(k, v []byte) bool {
		for len(want) > 0 && bytes.Compare(want[0].key, k) < 0 {
			missing++
			want = want[1:]
		}
		if len(want) == 0 || !bytes.Equal(want[0].key, k) || !bytes.Equal(want[0].value, v) {
			strange++
			return true
		}
		want = want[1:]
		return true
	})
	if missing += len(want); missing+strange > 0 {
		x.find("bucket %q does not agree with its trials: %d entries are missing, %d are wrong", b.name, missing, strange)
	}
}

// source names what counts batches of measurements.
type source struct {
	number, attempt int
	name            string
}

func (s source) String() string {
	return fmt.Sprintf("trial %d, attempt %d, source %q", s.number, s.attempt, s.name)
}

// chunks reads all batches of measurements. Those of one source follow each other.
func (x *expected) chunks(attempts map[int]int) (err error) {
	var now source
	last := int64(0)
	x.scan(chunkBucket, 0, func(k, v []byte) bool {
		key, ok := chunkOf(k)
		if !ok {
			x.find("the key %x of a batch of measurements is malformed", k)
			return true
		}
		if s := (source{key.Number, key.Attempt, key.Source}); s != now {
			now, last = s, 0
			if most, known := attempts[s.number]; !known || s.attempt < 1 || s.attempt > max(most, 1) {
				x.find("there are measurements of %s, which there never was", s)
			}
		}
		if key.Sequence != last+1 {
			x.find("%s: batches %d to %d of measurements are missing", now, last+1, key.Sequence-1)
		}
		last = key.Sequence
		n, failure := codec.CountReadings(v)
		if failure != nil {
			x.find("%s, batch %d: %v", now, key.Sequence, failure)
		}
		x.report.Batches++
		x.report.Measurements += int64(n)
		err = x.step(x.where+" (measurements)", x.report.Batches, 0)
		return err == nil
	})
	return err
}
