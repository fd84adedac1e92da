package main

import (
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

// picture draws the live view between two rulers that show the width.
func picture(p *progress, width, height int, k look) string {
	return strings.Join(p.view(width, height, k), "\n") + "\n"
}

func followed(t *testing.T) (*fakeService, *progress) {
	t.Helper()
	f := newFake(t, digitsSpec())
	p := newProgress(f.experiment)
	first, second := f.start(t, adam(0.00083121, 2)), f.start(t, sgd(0.1, 0.9, 3))
	f.succeed(t, first, 0.9871)
	f.fail(t, second, hone.NonZeroExit, "exit status 3\nTraceback")
	f.start(t, adam(0.0123456789, 4))
	f.start(t, sgd(0.5, 0.25, 1))
	for _, ev := range f.events {
		p.apply(ev)
	}
	p.refresh(f.experiment)
	p.now = f.clock.Add(20 * time.Second)
	step := int64(3)
	p.measured(3, hone.Measurement{Metric: "accuracy", Value: 0.9512, Step: &step})
	return f, p
}

func TestLiveView(t *testing.T) {
	_, p := followed(t)
	golden(t, "live-100.txt", picture(p, 100, 24, look{unicode: true}))
	golden(t, "live-50-ascii.txt", picture(p, 50, 24, look{}))
	golden(t, "live-10.txt", picture(p, 10, 24, look{unicode: true}))
	golden(t, "live-colour.txt", picture(p, 100, 24, look{unicode: true, colour: true}))
	golden(t, "live-low.txt", picture(p, 100, 6, look{unicode: true}))
	p.interrupting = true
	golden(t, "live-interrupting.txt", picture(p, 100, 24, look{unicode: true}))
}

func TestLiveViewBeforeAnythingRuns(t *testing.T) {
	f := newFake(t, digitsSpec())
	p := newProgress(f.experiment)
	p.now = f.clock
	golden(t, "live-begin.txt", picture(p, 100, 24, look{unicode: true}))
}

func TestLiveViewOfADuration(t *testing.T) {
	spec := digitsSpec()
	spec.Budget = hone.Budget{Duration: hone.Duration(2 * time.Minute)}
	f := newFake(t, spec)
	p := newProgress(f.experiment)
	p.refresh(f.experiment)
	p.now = began.Add(31 * time.Second)
	golden(t, "live-duration.txt", picture(p, 100, 24, look{unicode: true}))
}

func TestETA(t *testing.T) {
	f := newFake(t, digitsSpec()) // 8 trials, 2 at once
	p := newProgress(f.experiment)
	apply := func() time.Duration {
		for _, ev := range f.events[p.experiment.Status.Events:] {
			p.apply(ev)
		}
		p.refresh(f.experiment)
		p.now = f.clock
		left, ok := p.eta()
		require.True(t, ok)
		return left
	}
	_, ok := p.eta()
	require.False(t, ok, "nothing has ended, so nothing is known")
	p.experiment.Status.Events = 0
	p.refresh(f.experiment)
	f.succeed(t, f.start(t, adam(0.1, 1)), 0.5) // takes one second
	require.InDelta(t, 3.5, apply().Seconds(), 0.01, "7 trials of a second, 2 at once")
	f.start(t, adam(0.2, 1)) // has run for one second, which is the mean
	require.InDelta(t, 3, apply().Seconds(), 0.01)
	p.experiment.Spec.Budget.Duration = hone.Duration(6 * time.Second)
	left, _ := p.eta()
	require.LessOrEqual(t, left, 2*time.Second, "the duration ends it before")
}

func TestProgressTakesEventsThatDoNotFit(t *testing.T) {
	p := newProgress(newFake(t, digitsSpec()).experiment)
	require.NotNil(t, p.apply(hone.Event{Type: hone.EventTrialEnded, Trial: 7, State: "Failed"}))
	require.Nil(t, p.apply(hone.Event{Type: hone.EventTrialStarted, Trial: 9}))
	require.Nil(t, p.apply(hone.Event{Type: hone.EventTrialRequeued, Trial: 12}))
	require.Nil(t, p.apply(hone.Event{Type: "Unheard"}))
	require.Len(t, p.running(), 1)
}

func TestPlainLines(t *testing.T) {
	f := ranked(t)
	p := newProgress(hone.Experiment{Name: "digits", Spec: f.experiment.Spec})
	var lines []string
	for _, ev := range f.events {
		if end := p.apply(ev); end != nil {
			lines = append(lines, plainLine(p.experiment, end))
		}
	}
	golden(t, "plain.txt", strings.Join(lines, "\n")+"\n")
}
