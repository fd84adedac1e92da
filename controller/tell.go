package controller

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
)

// telling is a tell that waits for the loop to record it.
type telling struct {
	hone.TellRequest
	number int
	digest string
	obs    hone.Observation
	reply  chan tellReply
}

// tellReply answers a tell. again sends it back to its beginning, since the loop has ended; ended says that
// the trial has ended before.
type tellReply struct {
	trial        hone.Trial
	err          error
	again, ended bool
}

// Tell implements hone.AskService.
func (c *Controller) Tell(ctx context.Context, n hone.Name, number int, r hone.TellRequest) (hone.Trial, error) {
	if err := r.Validate(); err != nil {
		return hone.Trial{}, err
	}
	s, err := c.handedOut(ctx, n, "told")
	if err != nil {
		return hone.Trial{}, err
	}
	t := &telling{TellRequest: r, number: number, digest: digest(r)}
	if t.obs, err = s.observed(ctx, number, r.Metrics); err != nil {
		return hone.Trial{}, err
	}
	for {
		t.reply = make(chan tellReply, 1)
		if err := s.hearOut(ctx, t); err != nil {
			return hone.Trial{}, err
		}
		select {
		case got := <-t.reply:
			if got.ended {
				got.trial, got.again, got.err = s.toldBefore(ctx, t)
			}
			if !got.again {
				return got.trial, got.err
			}
		case <-ctx.Done(): // it may be recorded: telling the same again says so
			return hone.Trial{}, ctx.Err()
		}
	}
}

// hearOut puts a tell at the door of the loop, which it begins if there is none. A trial that does not live
// needs no loop.
func (s *session) hearOut(ctx context.Context, t *telling) error {
	if !s.looping.Load() {
		s.mu.Lock()
		_, alive := s.live[t.number]
		s.mu.Unlock()
		switch {
		case !alive:
			t.reply <- tellReply{ended: true}
			return nil
		case s.c.ctx.Err() != nil:
			return errLeaving(s.name)
		}
	}
	s.door.tell(t)
	if s.nudge(); s.looping.Load() {
		return nil
	}
	return s.drive(ctx, false, launch{})
}

// observed is what a tell says of the trial, or what its readings say. The curve is made complete for
// whoever looks at it next.
func (s *session) observed(ctx context.Context, number int, metrics map[string]hone.Float) (hone.Observation, error) {
	if len(metrics) > 0 {
		value, found := metrics[s.objective.Metric]
		return hone.Observation{Value: value, Found: found, Metrics: maps.Clone(metrics)}, nil
	}
	s.mu.Lock()
	l, ok := s.live[number]
	s.mu.Unlock()
	if !ok {
		return hone.Observation{}, nil
	}
	if err := l.curve.recall(ctx, s.c.Store, s.uid, number); err != nil {
		return hone.Observation{}, err
	}
	return hone.Observe(s.objective, l.curve.readings()), nil
}

// toldBefore answers a tell of a trial that has ended: the same again, or a Conflict. It may live again.
func (s *session) toldBefore(ctx context.Context, t *telling) (have hone.Trial, alive bool, err error) {
	have, err = s.c.Store.Trial(ctx, s.uid, t.number)
	if err != nil || !have.State.Ended() {
		return have, err == nil, err
	}
	end := fmt.Sprintf("%s has ended as %s", have.Name(), have.State)
	if have.Reason != "" {
		end += " (" + string(have.Reason) + ")"
	}
	switch {
	case t.Attempt != 0 && t.Attempt != have.Attempt:
		return have, false, superseded(t, have)
	case have.Told == t.digest:
		return have, false, nil
	case have.Told != "":
		return have, false, hone.Errorf(hone.Conflict, "trial %s: it was told before, and something else", end)
	case have.Message != "":
		end += ": " + have.Message
	}
	return have, false, hone.Errorf(hone.Conflict, "trial %s; it cannot be told any more", end)
}

func superseded(t *telling, have hone.Trial) error {
	return hone.Errorf(hone.Conflict, "trial %s is in attempt %d: attempt %d was given up, and what it tells no longer counts",
		have.Name(), have.Attempt, t.Attempt)
}

// heard are the ends of external trials.
type heard struct {
	events []hone.Event
	tells  []*telling           // that are answered when the events are recorded
	fits   map[*telling]bool    // the tells that the events are of
	curves [][]hone.Measurement // of the trials that succeeded
}

// heed turns what was told, and leases that have run out, into the ends of trials. A tell that does not fit is
// answered with the others. The lock is held.
func (s *session) heed(ctx context.Context) (e heard, err error) {
	if s.exp.Status.State.Ended() && len(s.live) > 0 { // the end stops what runs first
		return e, nil
	}
	ended := map[int]bool{}
	if s.asksFirst {
		s.asksFirst = false
	} else {
		e.tells = s.tells[:min(len(s.tells), roundLimit)]
	}
	e.fits = make(map[*telling]bool, len(e.tells))
	for _, t := range e.tells {
		l, ok := s.live[t.number]
		if !ok || ended[t.number] || l.State != hone.TrialRunning || t.Attempt != 0 && t.Attempt != l.Attempt {
			continue
		}
		ev := conclusion(s.exp, l.Trial, t)
		ended[t.number] = true
		e.fits[t] = true
		e.events = append(e.events, ev)
		if hone.TrialState(ev.State) == hone.TrialSucceeded && s.learns() {
			if err := l.curve.recall(ctx, s.c.Store, s.uid, t.number); err != nil {
				return e, err
			}
			e.curves = append(e.curves, l.curve.objective(s.objective.Metric))
		}
	}
	lost, err := s.expire(ctx, ended)
	e.events = append(e.events, lost...)
	return e, err
}

// answerTells answers what was told, when all of it is recorded. The lock is held.
func (s *session) answerTells(e heard, trials map[int]hone.Trial) {
	for _, t := range e.tells {
		l, alive := s.live[t.number]
		switch {
		case e.fits[t]:
			t.reply <- tellReply{trial: trials[t.number]}
		case !alive:
			t.reply <- tellReply{ended: true}
		case t.Attempt != 0 && t.Attempt != l.Attempt:
			t.reply <- tellReply{err: superseded(t, l.Trial)}
		default:
			t.reply <- tellReply{err: hone.Errorf(hone.Conflict,
				"trial %s is %s: ask for it before you tell how it ended", l.Name(), l.State)}
		}
	}
	s.tells = append(s.tells[:0], s.tells[len(e.tells):]...)
}

// conclusion says what a tell makes of its trial: the event to record. It is pure.
func conclusion(e hone.Experiment, t hone.Trial, told *telling) hone.Event {
	obs, metric := told.obs, e.Spec.Objective.Metric
	ev := hone.Event{Type: hone.EventTrialEnded, Trial: t.Number, Attempt: t.Attempt, State: string(told.State),
		Message: told.Message, Metrics: obs.Metrics, Told: told.digest}
	finite := obs.Found && obs.Value.Finite()
	switch {
	case told.State == hone.TrialFailed:
		ev.Reason = hone.Told
	case t.Stopping == hone.StoppedEarly && finite:
		ev.State, ev.Reason, ev.Message, ev.Value = string(hone.TrialEarlyStopped), hone.StoppedEarly, t.Message, &obs.Value
	case told.State == hone.TrialStopped:
		ev.Reason = hone.Told
	case !obs.Found && len(told.Metrics) > 0:
		fail(&ev, hone.MetricsUnavailable, with(fmt.Sprintf("what was told has no value of %q", metric), told.Message))
	case !obs.Found:
		fail(&ev, hone.MetricsUnavailable, with(fmt.Sprintf("it was told without metrics, and there is no reading of %q", metric), told.Message))
	case !finite:
		fail(&ev, hone.NonFinite, with(fmt.Sprintf("%s is not finite: training may have diverged", metric), told.Message))
	case told.State == hone.TrialEarlyStopped:
		ev.Reason, ev.Value = hone.StoppedEarly, &obs.Value
	default:
		ev.Value = &obs.Value
	}
	return ev
}

// with adds what the worker said.
func with(message, told string) string {
	if told == "" {
		return message
	}
	return message + ": " + told
}

// digest is what the same tell always gives, and another one never.
func digest(r hone.TellRequest) string {
	h := sha256.New()
	write := func(text string) {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		_, _ = h.Write([]byte(text))
	}
	write(string(r.State))
	write(r.Message)
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		value := float64(r.Metrics[name])
		if math.IsNaN(value) {
			value = math.NaN() // there are many
		}
		write(name)
		_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, math.Float64bits(value)))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:12])
}
