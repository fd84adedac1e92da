package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	patience   = 5 * time.Second        // how long a service that is away is waited for
	retryEvery = 200 * time.Millisecond // and how often it is tried
	// watchPatience is how long one is waited for by whoever only looks, where there is no terminal.
	watchPatience = 10 * time.Minute
	redrawEvery   = 125 * time.Millisecond // at most eight times a second
	lookEvery     = time.Second            // for the newest readings, and for who owns the data directory
	gatherFor     = 20 * time.Millisecond  // events that come quickly are fetched together
	readTrials    = 16                     // readings are fetched of so many running trials at most
)

// follower follows an experiment on this terminal until it has ended or was interrupted.
type follower struct {
	app      *app
	service  connection
	name     hone.Name
	owner    int                         // the process that owns the data directory
	again    func(context.Context) error // hands the experiment to the owner
	progress *progress
	show     shower
	after    int64 // the newest event that was seen
	stale    bool  // events came in since the status was refreshed
	live     bool  // show wants to be drawn
	watching bool  // an interrupt ends only the showing
	looked   time.Time
	// Answers of calls that run beside the loop.
	events   chan eventsAnswer
	readings chan map[int]hone.Measurement
	reading  bool
	// When readings were asked for, and when they are again.
	readBegan, readNext time.Time
	stopped             chan error
}

type eventsAnswer struct {
	events []hone.Event
	err    error
}

// follow shows an experiment from the state in which the service just reported it, a new one from its
// beginning. It returns errInterrupted
// when ctx ended and the experiment was interrupted, or was by somebody else. When the process that runs the
// experiment dies, its successor (which may be this process) is asked to run it, by again.
func (a *app) follow(ctx context.Context, s connection, reply hone.RunReply, show shower, again func(context.Context) error) (hone.Experiment, error) {
	return a.followAs(ctx, s, reply, &follower{show: show, again: again})
}

// onlook is follow for whoever only looks: when ctx ends, it returns errInterrupted and the experiment goes on, and a
// service that goes away is waited for.
func (a *app) onlook(ctx context.Context, s connection, reply hone.RunReply, show shower, again func(context.Context) error) (hone.Experiment, error) {
	return a.followAs(ctx, s, reply, &follower{show: show, again: again, watching: true})
}

func (a *app) followAs(ctx context.Context, s connection, reply hone.RunReply, f *follower) (hone.Experiment, error) {
	e := reply.Experiment
	name := nameOf(e)
	var live []hone.Trial
	if reply.Created { // nothing that has happened since is to be missed
		e.Status = hone.Status{State: e.Status.State}
	} else {
		var err error
		live, err = allTrials(ctx, s, name, hone.TrialFilter{States: []hone.TrialState{hone.TrialPending, hone.TrialRunning}})
		if err != nil {
			return e, err
		}
	}
	pid, _ := s.Owner()
	f.app, f.service, f.name, f.owner, f.progress, f.after = a, s, name, pid, newProgress(e, live...), e.Status.Events
	f.events, f.readings, f.stopped = make(chan eventsAnswer), make(chan map[int]hone.Measurement, 1), make(chan error, 1)
	_, f.live = f.show.(*liveView)
	if !reply.Created {
		f.progress.note = held(ctx, s, e)
	}
	defer f.show.close()
	// The calls go on while an interrupt waits for the trials to end.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if f.watching {
		inner = tryItself(inner) // the outage is told here
	}
	go f.listen(inner, f.after)
	err := f.loop(ctx, inner)
	return f.progress.experiment, err
}

// listen fetches events one answer after another.
func (f *follower) listen(ctx context.Context, after int64) {
	tries, began := 0, time.Time{}
	for ctx.Err() == nil {
		events, err := f.service.Events(ctx, f.name, after, true)
		if len(events) > 0 {
			after = events[len(events)-1].Sequence
		}
		if errors.Is(err, hone.Unavailable) && f.waits(tries, began) {
			if tries++; tries == 1 {
				began = f.app.now()
				f.sayOutage("connection lost, trying again: %s", cleanLines(err.Error()))
			}
			sleep(ctx, retryEvery)
			continue
		}
		if tries > 0 && err == nil {
			f.sayOutage("connected again")
		}
		tries = 0
		select {
		case f.events <- eventsAnswer{events, err}:
		case <-ctx.Done():
		}
		if err != nil {
			return
		}
		sleep(ctx, gatherFor)
	}
}

// waits reports whether a service that has been away since a time, and was tried so often, is tried again. Whoever
// watches on a terminal decides that by Ctrl-C.
func (f *follower) waits(tries int, since time.Time) bool {
	if !f.watching {
		return tries < int(patience/retryEvery)
	}
	return tries == 0 || f.app.isTTY || f.app.now().Sub(since) < watchPatience
}

func (f *follower) sayOutage(format string, args ...any) {
	if f.watching {
		f.app.stderr.print(format, args...)
	}
}

// sleep waits, unless the context ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (f *follower) loop(ctx, inner context.Context) error {
	beat := time.NewTicker(redrawEvery)
	defer beat.Stop()
	if done, err := f.refresh(inner); done || err != nil {
		return err
	}
	interrupt := ctx.Done()
	for {
		select {
		case answer := <-f.events:
			if done, err := f.take(inner, answer); done || err != nil {
				return err
			}
		case <-interrupt:
			if f.watching {
				return errInterrupted
			}
			interrupt = nil
			f.interrupt(inner)
		case err := <-f.stopped:
			if done, _ := f.refresh(inner); done && err == nil {
				return nil // it had ended before it could be interrupted
			}
			return errors.Join(errInterrupted, err)
		case values := <-f.readings:
			f.measured(values)
		case <-beat.C:
			if err := f.beat(inner); err != nil {
				return err
			}
		}
	}
}

// take takes in events, and finds out whether the experiment is over.
func (f *follower) take(ctx context.Context, answer eventsAnswer) (done bool, err error) {
	if answer.err != nil {
		return false, lostService(f.name, answer.err)
	}
	check := f.progress.experiment.Status.State.Ended()
	for _, ev := range answer.events {
		f.apply(ev)
		switch ev.Type {
		case hone.EventEnded, hone.EventReopened:
			check = true
		case hone.EventDetached:
			// Without that reason its process leaves, and another one will go on with it.
			if ev.Reason == hone.Interrupted && !f.progress.interrupting {
				f.show.flush()
				_, err := f.refresh(ctx)
				return true, errors.Join(errInterruptedElsewhere, err)
			}
		}
	}
	f.show.flush()
	f.stale = f.stale || len(answer.events) > 0
	if check {
		return f.refresh(ctx)
	}
	return false, nil
}

func (f *follower) apply(ev hone.Event) {
	f.after = ev.Sequence
	if ev.Type == hone.EventNote && ev.Reason != "" {
		f.show.noted(ev.Message)
	}
	if t := f.progress.apply(ev); t != nil {
		f.show.ended(f.progress, t)
	}
}

// drain shows what has happened until the status was fetched.
func (f *follower) drain(ctx context.Context) {
	for f.after < f.progress.experiment.Status.Events {
		events, err := f.service.Events(ctx, f.name, f.after, false)
		if err != nil || len(events) == 0 {
			return // it is shown in the leaderboard anyway
		}
		for _, ev := range events {
			f.apply(ev)
		}
		f.show.flush()
	}
}

// refresh fetches the status and tells whether the experiment is over: ended, and nothing runs any more.
func (f *follower) refresh(ctx context.Context) (done bool, err error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	e, err := f.service.GetExperiment(limited, f.name)
	if errors.Is(err, hone.Unavailable) || limited.Err() != nil && ctx.Err() == nil {
		f.stale = true
		return false, nil // whether it comes back, listen finds out
	}
	if err != nil {
		return false, err
	}
	f.stale = false
	f.progress.refresh(e)
	if !e.Status.State.Ended() || e.Status.Counts.Running > 0 {
		return false, nil
	}
	f.drain(ctx)
	return true, nil
}

// interrupt asks the service to stop the running trials; the answer comes when they have ended.
func (f *follower) interrupt(ctx context.Context) {
	f.progress.interrupting = true
	if n := len(f.progress.running()); n > 0 {
		f.app.stderr.print("stopping %s; press Ctrl-C again to stop waiting", plural(n, "running trial"))
	}
	go func() { f.stopped <- f.service.InterruptExperiment(ctx, f.name) }()
}

// beat does what is due from time to time.
func (f *follower) beat(ctx context.Context) error {
	now := f.app.now()
	if now.Sub(f.looked) >= lookEvery {
		f.looked = now
		if err := f.succeed(ctx); err != nil {
			return err
		}
	}
	if !f.live {
		return nil
	}
	f.read(ctx, now)
	if f.stale { // the status is fetched only when something has happened
		if _, err := f.refresh(ctx); err != nil {
			return err
		}
	}
	f.progress.now = now
	f.show.draw(f.progress)
	return nil
}

// succeed notices that another process owns the data directory now, and hands it the experiment.
func (f *follower) succeed(ctx context.Context) error {
	pid, self := f.service.Owner()
	if pid == f.owner || pid == 0 || f.progress.interrupting {
		return nil
	}
	who := fmt.Sprintf("process %d", pid)
	if self {
		who = "this process"
	}
	f.app.stderr.print("process %d, which ran the experiment, has gone; %s goes on with it", f.owner, who)
	f.owner = pid
	return f.again(ctx)
}

// read fetches the newest readings of the running trials, beside the loop.
func (f *follower) read(ctx context.Context, now time.Time) {
	running := f.progress.running()
	if f.reading || len(running) == 0 || now.Before(f.readNext) {
		return
	}
	f.reading, f.readBegan = true, now
	numbers := make([]int, 0, readTrials)
	for _, t := range running[:min(len(running), readTrials)] {
		numbers = append(numbers, t.number)
	}
	metric := f.progress.experiment.Spec.Objective.Metric
	go func() {
		values := map[int]hone.Measurement{}
		for _, n := range numbers {
			if ms, err := f.service.Measurements(ctx, f.name, n, metric); err == nil && len(ms) > 0 {
				values[n] = ms[len(ms)-1]
			}
		}
		f.readings <- values
	}()
}

// measured takes in readings. The next ones are asked for after a while: long curves must not keep the
// service busy for more than a tenth of the time.
func (f *follower) measured(values map[int]hone.Measurement) {
	now := f.app.now()
	f.reading = false
	f.readNext = now.Add(max(lookEvery, 9*now.Sub(f.readBegan)))
	for number, m := range values {
		f.progress.measured(number, m)
	}
}

// lostService says what to do when the process that runs the experiment went away.
func lostService(n hone.Name, err error) error {
	if errors.Is(err, hone.Unavailable) {
		return hone.Errorf(hone.Unavailable, "the process that runs %s has gone; what was recorded is safe, and `hone run` goes on with it: %w", n, err)
	}
	return err
}
