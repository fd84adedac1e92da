package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	recentTrials    = 20 // the ETA goes by so many finished trials
	failuresOnBoard = 3  // the newest failures that the live view shows
)

// progress is what a terminal knows of an experiment that it follows. What counts (state, counts, best)
// is the service's own status, refreshed; trials come from events. It is used by one goroutine.
type progress struct {
	experiment hone.Experiment
	live       map[int]*liveTrial
	durations  []time.Duration // of the newest finished trials
	failures   []endedTrial    // the newest
	best       *hone.Float     // the best value by the events, ahead of the status
	done       int             // trials that have ended, by the events
	note       string          // the newest thing that the service had to tell
	// waiting says that nobody runs the experiment.
	waiting bool
	// interrupting says that the user asked to stop.
	interrupting bool
	now          time.Time
}

// liveTrial is a trial that has not ended.
type liveTrial struct {
	number     int
	running    bool
	start      time.Time
	parameters hone.Assignments
	value      *hone.Float // its newest reading of the objective
	step       *int64
}

// endedTrial is the end of a trial, as the terminal saw it.
type endedTrial struct {
	number     int
	state      hone.TrialState
	reason     hone.Reason
	message    string
	value      *hone.Float
	parameters hone.Assignments
	took       time.Duration
	best       bool // the best so far
	done       int  // how many have ended with it
}

func newProgress(e hone.Experiment, live ...hone.Trial) *progress {
	p := &progress{experiment: e, live: map[int]*liveTrial{}, done: e.Status.Counts.Ended()}
	if b := e.Status.Best; b != nil {
		p.best = &b.Value
	}
	for _, t := range live {
		l := &liveTrial{number: t.Number, running: t.State == hone.TrialRunning, parameters: t.Parameters}
		if t.StartTime != nil {
			l.start = *t.StartTime
		}
		p.live[t.Number] = l
	}
	return p
}

// refresh takes over the newest status.
func (p *progress) refresh(e hone.Experiment) { p.experiment = e }

// apply takes in an event. It returns the trial that ended by it, if one did. An event that does not fit what
// is known is no error: the picture was taken while the experiment moved.
func (p *progress) apply(ev hone.Event) *endedTrial {
	switch ev.Type {
	case hone.EventTrialCreated:
		p.live[ev.Trial] = &liveTrial{number: ev.Trial, parameters: ev.Parameters}
	case hone.EventTrialStarted:
		t := p.trial(ev.Trial)
		t.running, t.start, t.value, t.step = true, ev.Time, nil, nil
	case hone.EventTrialRequeued:
		p.trial(ev.Trial).running = false
	case hone.EventTrialRetried:
		p.trial(ev.Trial).running = false
		p.done--
	case hone.EventTrialEnded:
		return p.end(ev)
	case hone.EventNote:
		p.note = ev.Message
	}
	return nil
}

func (p *progress) trial(number int) *liveTrial {
	t, ok := p.live[number]
	if !ok {
		t = &liveTrial{number: number}
		p.live[number] = t
	}
	return t
}

func (p *progress) end(ev hone.Event) *endedTrial {
	t := p.trial(ev.Trial)
	delete(p.live, ev.Trial)
	p.done++
	end := &endedTrial{number: ev.Trial, state: hone.TrialState(ev.State), reason: ev.Reason, message: ev.Message,
		value: ev.Value, parameters: t.parameters, done: p.done}
	if t.running && !t.start.IsZero() {
		end.took = ev.Time.Sub(t.start)
		p.durations = append(p.durations, end.took)
		p.durations = p.durations[max(0, len(p.durations)-recentTrials):]
	}
	if ev.Value != nil && ev.Value.Finite() && (p.best == nil || p.experiment.Spec.Objective.Better(float64(*ev.Value), float64(*p.best))) {
		p.best, end.best = ev.Value, true
	}
	if end.state == hone.TrialFailed {
		p.failures = append(p.failures, *end)
		p.failures = p.failures[max(0, len(p.failures)-failuresOnBoard):]
	}
	return end
}

// running lists the running trials by number.
func (p *progress) running() []*liveTrial {
	var out []*liveTrial
	for _, t := range slices.Collect(maps.Values(p.live)) {
		if t.running {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *liveTrial) int { return cmp.Compare(a.number, b.number) })
	return out
}

// measured takes in the newest reading of a running trial.
func (p *progress) measured(number int, m hone.Measurement) {
	if t, ok := p.live[number]; ok {
		t.value, t.step = &m.Value, m.Step
	}
}

// share is how much of the budget is used, from 0 to 1: of the limit that is nearest.
func (p *progress) share() float64 {
	b := p.experiment.Spec.Budget
	share := 0.0
	if b.Trials > 0 {
		share = float64(p.experiment.Status.Counts.Ended()) / float64(b.Trials)
	}
	if b.Duration > 0 {
		share = max(share, float64(activeTime(p.experiment, p.now))/float64(b.Duration))
	}
	return min(share, 1)
}

// eta estimates when the budget is used up: the mean time of the newest trials for each that is to come,
// less what the running ones have done already, spread over the parallelism; and never more than what the
// budget leaves of its duration.
func (p *progress) eta() (left time.Duration, ok bool) {
	e := p.experiment
	if trials := e.Spec.Budget.Trials; trials > 0 && len(p.durations) > 0 {
		mean := time.Duration(0)
		for _, d := range p.durations {
			mean += d / time.Duration(len(p.durations))
		}
		running := p.running()
		for _, t := range running {
			left += max(0, mean-p.now.Sub(t.start))
		}
		left += mean * time.Duration(max(0, trials-e.Status.Counts.Ended()-len(running)))
		left /= time.Duration(max(1, e.Spec.Parallelism))
		ok = true
	}
	if limit := time.Duration(e.Spec.Budget.Duration); limit > 0 {
		if rest := max(0, limit-activeTime(e, p.now)); !ok || rest < left {
			left, ok = rest, true
		}
	}
	return left, ok && !e.Status.State.Ended()
}
