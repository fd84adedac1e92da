package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/cmd/hone/tui"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// boardOf makes a board that has loaded everything that a service knows.
func boardOf(t require.TestingT, f *fakeService, o boardOptions, k look) *board {
	if o.format == "" {
		o.format = asTable
	}
	b := newBoard(hone.Name{Namespace: "default", Name: "digits"}, o, k, began.Add(time.Minute))
	require.NoError(t, b.begin(f.experiment))
	b.load(f.trials)
	b.load(nil)
	return b
}

func screenOf(b *board, width, height int) string {
	return strings.Join(b.view(width, height), "\n") + "\n"
}

func TestTheBoardAtManySizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 12}, {40, 8}, {30, 5}, {12, 3}, {1, 1}} {
		b := boardOf(t, ranked(t), boardOptions{}, look{unicode: true})
		golden(t, fmt.Sprintf("board-%dx%d.txt", size[0], size[1]), screenOf(b, size[0], size[1]))
	}
	b := boardOf(t, ranked(t), boardOptions{format: asWide}, look{})
	golden(t, "board-ascii.txt", screenOf(b, 200, 14))
	b = boardOf(t, ranked(t), boardOptions{}, look{unicode: true, colour: true})
	golden(t, "board-colour.txt", screenOf(b, 80, 14))
}

func TestABoardWithoutAnything(t *testing.T) {
	b := newBoard(hone.Name{Name: "digits"}, boardOptions{}, look{}, began)
	require.Equal(t, "asking for digits ~\n", screenOf(b, 80, 24))
	b.key("q")
	require.True(t, b.quit)
	require.Empty(t, b.last(80, 24))

	b = boardOf(t, newFake(t, digitsSpec()), boardOptions{}, look{unicode: true})
	for _, k := range []tui.Key{tui.Down, tui.End, tui.Enter, tui.PageUp, "r", "f", ">"} {
		b.key(k)
	}
	require.Contains(t, screenOf(b, 80, 24), "no trials yet")
}

func TestOpeningATrial(t *testing.T) {
	f := ranked(t)
	b := boardOf(t, f, boardOptions{}, look{unicode: true})
	require.Zero(t, b.wantsReadings())
	require.Equal(t, logWish{}, b.wantsLog())
	b.key(tui.Enter)
	require.Equal(t, 1, b.wantsReadings())
	require.Equal(t, logWish{number: 1}, b.wantsLog())
	b.curve(2, fetchedState{}, nil) // of a trial that is no longer open
	b.curve(1, fetchedState{1, hone.TrialSucceeded}, append(f.readings[1], hone.Measurement{Metric: "loss", Value: 1}))
	require.Zero(t, b.wantsReadings(), "nothing more comes")
	b.open.log.write("epoch 1\n10%\r20%\r\x1b[31mepoch 2\x1b[0m\n\ttab 世界\n")
	golden(t, "board-trial-80x24.txt", screenOf(b, 80, 24))
	golden(t, "board-trial-50x9.txt", screenOf(b, 50, 9))
	b.key("m")
	require.Contains(t, screenOf(b, 80, 24), "loss (m: 1 other metric)")
	b.key("s")
	require.Equal(t, logWish{1, "stdout"}, b.wantsLog())
	b.key(tui.Right)
	b.key(tui.Right)
	require.Equal(t, logWish{3, "stdout"}, b.wantsLog(), "the stream stays")
	require.Contains(t, screenOf(b, 80, 24), `exit status 3 | Traceback: \x1b[31mboom`)
	b.key(tui.Right)
	b.key(tui.Right)
	require.Equal(t, 4, b.wantsReadings(), "there is none below")
	b.curve(4, fetchedState{1, hone.TrialRunning}, nil)
	require.Equal(t, 4, b.wantsReadings(), "it goes on")
	b.key(tui.Escape)
	require.Nil(t, b.open)
	require.Equal(t, 3, b.row(), "the cursor is where one was")
	b.key(tui.Enter)
	b.look.unicode = false
	golden(t, "board-trial-running.txt", screenOf(b, 80, 16))
	f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: 4, Attempt: 1, State: "Succeeded", Value: float(0.9)})
	b.events(f.events[len(f.events)-1:])
	require.Equal(t, 4, b.wantsReadings(), "the last readings are still to be fetched")
}

func TestMovingAndArranging(t *testing.T) {
	b := boardOf(t, ranked(t), boardOptions{}, look{})
	numbers := func() (out []int) {
		b.view(80, 24)
		for _, x := range b.order {
			out = append(out, x.Number)
		}
		return out
	}
	keys := func(all ...tui.Key) []int {
		for _, k := range all {
			b.key(k)
		}
		return numbers()
	}
	require.Equal(t, []int{1, 2, 3, 4}, numbers())
	require.Equal(t, []int{3, 1, 4, 2}, keys(">", ">", ">", ">", ">"), "by lr")
	require.Equal(t, "lr", b.columnAt(b.layout.sortBy))
	require.Equal(t, []int{2, 4, 1, 3}, keys("r"))
	require.Equal(t, []int{1, 2, 3, 4}, keys("x"))
	require.Equal(t, []int{4}, keys("f"), "the running one")
	require.Equal(t, []int{1, 2}, keys("f"))
	require.Equal(t, []int{3}, keys("f"))
	require.Equal(t, []int{1, 2, 3, 4}, keys("f"))
	require.Equal(t, []int{1, 2, 3, 4}, keys("<", ">"), "around the end")

	keys("/")
	for _, r := range "lr<0.01 and layers>=2" {
		b.key(tui.Key(string(r)))
	}
	require.Equal(t, []int{1, 3}, keys(tui.Enter))
	require.Contains(t, screenOf(b, 80, 24), "2 of 4 trials  sorted by ranking  where lr<0.01 and layers>=2")
	keys("/", tui.CtrlU, "r", "l", "=", "1", tui.Enter)
	require.Contains(t, screenOf(b, 80, 24), `there is no column "rl"`)
	require.Equal(t, []int{1, 3}, numbers(), "what was chosen before holds")
	keys("x", "z", "y", tui.Escape)

	b = boardOf(t, ranked(t), boardOptions{}, look{})
	require.Equal(t, 0, b.row())
	keys(tui.Down, tui.Down)
	require.Equal(t, 3, b.cursor)
	keys(">", ">", ">", ">", ">")
	require.Equal(t, 0, b.row(), "the cursor stays with its trial")
	keys(tui.End)
	require.Equal(t, 3, b.row())
	keys(tui.Home, tui.PageDown, tui.PageUp, tui.CtrlC)
	require.True(t, b.quit && b.ended)
}

func TestFlagsOfTheBoard(t *testing.T) {
	o := boardOptions{arrange: arrange{columns: []string{"+loss", "-optimizer", "-curve"}, sort: "-lr", where: []string{"layers>1"}}}
	b := boardOf(t, ranked(t), o, look{})
	golden(t, "board-flags.txt", screenOf(b, 100, 10))
	b = newBoard(hone.Name{Name: "digits"}, boardOptions{arrange: arrange{sort: "nothing"}}, look{}, began)
	require.ErrorContains(t, b.begin(ranked(t).experiment), `there is no column "nothing"`)
}

func TestTheRunningTrialsAreSeen(t *testing.T) {
	f := newFake(t, hone.Spec{Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize}, SearchSpace: digitsSpec().SearchSpace,
		Parallelism: 30, Trial: digitsSpec().Trial, Budget: hone.Budget{Trials: 50}})
	for i := range 30 {
		f.start(t, adam(0.001*float64(i+1), 1))
	}
	for i := range 28 {
		f.succeed(t, i+1, float64((i*7)%28))
	}
	b := boardOf(t, f, boardOptions{}, look{unicode: true})
	golden(t, "board-running.txt", screenOf(b, 80, 16))
	for range 5 {
		b.key(tui.PageDown)
		require.LessOrEqual(t, len(b.view(80, 16)), 16)
	}
	require.Equal(t, 29, b.row())
	last := b.last(80, 16)
	require.NotContains(t, strings.Join(last, "\n"), "▸")
}

// TestTheBoardIsTheLeaderboard loads a picture of the trials at some time, after which the events begin at an earlier
// one, as it happens when an experiment goes on meanwhile.
func TestTheBoardIsTheLeaderboard(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		spec := digitsSpec()
		spec.Parallelism, spec.Budget.Trials = 6, 100
		f := newFake(t, spec)
		var at hone.Experiment
		var picture []hone.Trial
		steps := rapid.IntRange(1, 80).Draw(rt, "steps")
		first, second := rapid.IntRange(0, steps).Draw(rt, "first"), rapid.IntRange(0, steps).Draw(rt, "second")
		for i := range steps + 1 {
			if i == min(first, second) {
				at = f.experiment
			}
			if i == max(first, second) {
				picture = append([]hone.Trial{}, f.trials...)
			}
			randomStep(t, rt, f)
		}
		b := newBoard(hone.Name{Namespace: "default", Name: "digits"}, boardOptions{format: asTable}, look{}, began)
		require.NoError(rt, b.begin(at))
		b.load(picture)
		b.load(nil)
		b.events(f.events[at.Status.Events:])
		b.status(f.experiment)
		b.view(80, 24)
		want, err := f.Leaderboard(t.Context(), b.name, hone.LeaderboardQuery{})
		require.NoError(rt, err)
		got := make([]hone.RankedTrial, len(b.order))
		for i, x := range b.order {
			got[i] = hone.RankedTrial{Rank: x.rank, Trial: x.Name(), State: x.State, Reason: x.Reason, Value: x.Value, Metrics: x.Metrics,
				Parameters: x.Parameters, StartTime: x.StartTime, EndTime: x.EndTime, Attempt: x.Attempt, Client: x.Client, Duration: want.Trials[i].Duration}
		}
		require.Equal(rt, want.Trials, got)
	})
}

// randomStep does something that the state allows.
func randomStep(t *testing.T, rt *rapid.T, f *fakeService) {
	if len(f.trials) == 0 || rapid.IntRange(0, 3).Draw(rt, "new") == 0 && f.experiment.Status.Counts.Live() < 6 {
		f.record(t, hone.Event{Type: hone.EventTrialCreated, Trial: len(f.trials) + 1, Parameters: adam(0.1, 1)})
		return
	}
	x := f.trials[rapid.IntRange(0, len(f.trials)-1).Draw(rt, "trial")]
	switch {
	case x.State == hone.TrialPending:
		f.record(t, hone.Event{Type: hone.EventTrialStarted, Trial: x.Number, Attempt: x.Attempt + 1})
	case x.State == hone.TrialRunning && rapid.IntRange(0, 3).Draw(rt, "lost") == 0:
		f.record(t, hone.Event{Type: hone.EventTrialRequeued, Trial: x.Number, Attempt: x.Attempt, Reason: hone.Interrupted})
	case x.State == hone.TrialRunning && rapid.Bool().Draw(rt, "fails"):
		f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: x.Number, Attempt: x.Attempt, State: "Failed", Reason: hone.NonZeroExit, Message: "boom"})
	case x.State == hone.TrialRunning:
		value := float(float64(rapid.IntRange(0, 5).Draw(rt, "value")))
		f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: x.Number, Attempt: x.Attempt, State: "Succeeded", Value: value,
			Metrics: map[string]hone.Float{"accuracy": *value}})
	case x.State == hone.TrialFailed && f.experiment.Status.Counts.Live() < 6:
		f.record(t, hone.Event{Type: hone.EventTrialRetried, Trial: x.Number})
	}
}

// TestNoLineIsTooWide draws boards of any content, at any size, after any keys.
func TestNoLineIsTooWide(t *testing.T) {
	keys := []tui.Key{tui.Up, tui.Down, tui.Left, tui.Right, tui.PageDown, tui.Home, tui.End, tui.Enter, tui.Escape, ">", "<", "r", "f", "x", "/", "?",
		"m", "s", "l", "1", "="}
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"世界世界世界世界世界世界世界世界世界世界", strings.Repeat("long", 50), "\x1b[2J", "a\nb"}))
	rapid.Check(t, func(rt *rapid.T) {
		spec := digitsSpec()
		spec.Parallelism = 8
		f := newFake(t, spec)
		for i := range rapid.IntRange(0, 6).Draw(rt, "trials") {
			n := f.start(t, hone.Assignments{{Parameter: "lr", Value: hone.Number(1)}, {Parameter: "optimizer", Value: hone.String(texts.Draw(rt, "value"))}})
			if i%2 == 0 {
				f.fail(t, n, hone.NonZeroExit, texts.Draw(rt, "message"))
			}
		}
		b := boardOf(rt, f, boardOptions{}, look{unicode: rapid.Bool().Draw(rt, "unicode"), colour: rapid.Bool().Draw(rt, "colour")})
		for range 10 {
			b.key(rapid.SampledFrom(keys).Draw(rt, "key"))
			if b.open != nil {
				b.open.log.write(texts.Draw(rt, "log"))
			}
			width, height := rapid.IntRange(1, 100).Draw(rt, "width"), rapid.IntRange(1, 30).Draw(rt, "height")
			lines := b.view(width, height)
			require.LessOrEqual(rt, len(lines), height)
			for _, l := range lines {
				require.LessOrEqual(rt, text.StringWidthWithoutEscSequences(l), width, "%q", l)
				require.NotContains(rt, l, "\n")
				require.NotContains(rt, l, "\x1b[2J")
			}
		}
	})
}

func TestALogPaneIsBounded(t *testing.T) {
	var p logPane
	for i := range 10 * paneLines {
		p.write(fmt.Sprintf("line %d\n", i))
	}
	p.write(strings.Repeat("x", 100*paneLine))
	require.Less(t, len(p.lines), 2*paneLines)
	require.LessOrEqual(t, len(p.partial), paneLine)
	require.Equal(t, 10*paneLines, p.dropped+len(p.lines))
	p.write("\n")
	p.scroll(3, 5)
	before := p.view(80, 5, look{})
	p.write("more\nand more\n")
	require.Equal(t, before, p.view(80, 5, look{}), "what one reads stays")
	p.scroll(-99, 5)
	require.Equal(t, "and more", p.view(80, 5, look{})[4])
	p.scroll(1e6, 5)
	require.Equal(t, p.lines[:5], p.view(80, 5, look{}))
}

func BenchmarkBoard(b *testing.B) {
	spec := digitsSpec()
	x := newBoard(hone.Name{Namespace: "default", Name: "digits"}, boardOptions{format: asTable}, look{unicode: true, colour: true}, began)
	if err := x.begin(hone.Experiment{Name: "digits", Namespace: "default", Spec: spec.WithDefaults()}); err != nil {
		b.Fatal(err)
	}
	page := make([]hone.Trial, 10_000)
	for i := range page {
		page[i] = hone.Trial{Number: i + 1, Attempt: 1, State: hone.TrialSucceeded, Value: float(float64((i * 7919) % 10_007)), Parameters: sgd(0.1, 0.9, i%4),
			StartTime: &began, EndTime: &began}
	}
	x.load(page)
	x.load(nil)
	for _, c := range []struct {
		name string
		sort int
	}{{"ranking", -1}, {"lr", 5}} {
		b.Run(c.name, func(b *testing.B) {
			x.layout.sortBy = c.sort
			for b.Loop() {
				x.unsaved = true
				x.view(200, 50)
			}
		})
	}
}
