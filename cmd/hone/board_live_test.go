package main

import (
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/cmd/hone/tui"
	"github.com/stretchr/testify/require"
)

// fakeStage is a terminal whose keys a test presses.
type fakeStage struct {
	keys    chan tui.Key
	resized chan os.Signal
	mu      sync.Mutex
	vt      *vt
	painter tui.Painter
	height  int
	frames  int
	closed  bool
}

func newFakeStage(width, height int) *fakeStage {
	v := &vt{width: width}
	return &fakeStage{keys: make(chan tui.Key), resized: make(chan os.Signal, 1), vt: v, painter: tui.Painter{Out: v}, height: height}
}

func (f *fakeStage) Keys() <-chan tui.Key      { return f.keys }
func (f *fakeStage) Resized() <-chan os.Signal { return f.resized }
func (f *fakeStage) Redraw()                   { f.painter.Forget() }
func (f *fakeStage) Close() error              { f.closed = true; return nil }
func (f *fakeStage) Size() (int, int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.vt.width, f.height
}
func (f *fakeStage) Draw(lines []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frames++
	return f.painter.Draw(lines, f.vt.width, f.height)
}

func (f *fakeStage) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.vt.String()
}

// live runs the live board, and ends it when the test has done its part.
func live(t *testing.T, f *fakeService, part func(x *terminal, st *fakeStage)) (x *terminal, err error) {
	t.Helper()
	x = newTerminal(t, f, "")
	st := newFakeStage(80, 24)
	done := make(chan error, 1)
	go func() {
		done <- x.app.liveBoard(t.Context(), f, hone.Name{Namespace: "default", Name: "digits"}, boardOptions{format: asTable}, st)
	}()
	settle()
	part(x, st)
	err = <-done
	require.True(t, st.closed)
	return x, err
}

// settle lets everything happen that is under way.
func settle() {
	time.Sleep(3 * time.Second)
	synctest.Wait()
}

func press(st *fakeStage, keys ...tui.Key) {
	for _, k := range keys {
		st.keys <- k
	}
	settle()
}

func TestTheLiveBoardFollowsTheExperiment(t *testing.T) {
	f := ranked(t)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		x, err := live(t, f, func(x *terminal, st *fakeStage) {
			require.Contains(t, st.text(), "▸★    1  digits-0001  Succeeded")
			f.succeed(t, 4, 0.99)
			n := f.start(t, sgd(0.5, 0.1, 2))
			settle()
			require.Contains(t, st.text(), "▸★    1  digits-0004  Succeeded")
			require.Contains(t, st.text(), "digits-0005  Running")
			require.Contains(t, st.text(), "1 running, 3 succeeded", "the status follows")

			f.mu.Lock()
			f.trials[n-1].Metrics = map[string]hone.Float{"accuracy": 0.93}
			f.mu.Unlock()
			settle()
			require.Contains(t, st.text(), "0.93…", "readings are no events, but are shown")

			st.mu.Lock()
			st.vt.width, st.height = 60, 10
			st.mu.Unlock()
			st.resized <- os.Interrupt
			settle()
			require.Len(t, strings.Split(st.text(), "\n"), 10)

			x.app.stderr.print("a warning of the program's own")
			settle()
			require.Contains(t, st.text(), "a warning of the program's own")
			require.Empty(t, x.stderr.String())
			press(st, "j", "q")
		})
		require.NoError(t, err)
		require.Contains(t, x.stdout.String(), " ★    1  digits-0004  Succeeded", "the table stays")
		require.NotContains(t, x.stdout.String(), "▸")
		require.Equal(t, "a warning of the program's own\n", x.stderr.String())
	})
}

func TestTheLiveBoardOverALostConnection(t *testing.T) {
	f := ranked(t)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		var away atomic.Bool
		f.onEvents = func() error {
			if away.Load() {
				return hone.Errorf(hone.Unavailable, "the server broke off")
			}
			return nil
		}
		_, err := live(t, f, func(_ *terminal, st *fakeStage) {
			away.Store(true)
			f.succeed(t, 4, 0.99) // ends the wait; the next call fails
			settle()
			require.Contains(t, st.text(), "connection lost, trying again …")
			f.start(t, adam(0.1, 2))
			time.Sleep(time.Hour)
			press(st, "j") // it goes on to work
			require.Contains(t, st.text(), "connection lost")
			away.Store(false)
			settle()
			require.NotContains(t, st.text(), "connection lost")
			require.Contains(t, st.text(), "digits-0005  Running")

			// Somebody deletes the experiment and begins anew while the server is away.
			away.Store(true)
			f.start(t, adam(0.1, 2))
			settle()
			f.mu.Lock()
			f.experiment.UID, f.trials, f.events = "another", f.trials[:1], f.events[:3]
			f.experiment.Status.Events = 3
			f.mu.Unlock()
			away.Store(false)
			settle()
			require.Contains(t, st.text(), "1 trial  sorted")
			press(st, tui.CtrlC)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, exitInterrupted, exitCode(err))
	})
}

func TestTheLiveBoardOpensATrial(t *testing.T) {
	f := ranked(t)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		var asked []hone.LogQuery
		f.onLogs = func(q hone.LogQuery) (io.ReadCloser, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			asked = append(asked, q)
			if q.Attempt == 2 {
				return brokenLog(0, io.EOF, "the second one\n"), nil
			}
			log := brokenLog(0, io.EOF, "hello from "+q.Stream+"\n")
			log.every = time.Second
			return log, nil
		}
		_, err := live(t, f, func(_ *terminal, st *fakeStage) {
			press(st, tui.Enter)
			require.Contains(t, st.text(), "digits-0001  Succeeded  accuracy 0.9871  rank 1")
			require.Contains(t, st.text(), "hello from stdout\n")
			require.Contains(t, st.text(), "hello from stderr\n")
			require.Contains(t, st.text(), "step 1")
			press(st, tui.Right, tui.Right, tui.Right, "s")
			require.Contains(t, st.text(), "digits-0004  Running")
			require.Contains(t, st.text(), "stdout, following")
			f.record(t, hone.Event{Type: hone.EventTrialRequeued, Trial: 4, Attempt: 1, Reason: hone.Lost, Charged: true})
			settle()
			require.Contains(t, st.text(), "-- waiting for digits-0004 to start")
			f.record(t, hone.Event{Type: hone.EventTrialStarted, Trial: 4, Attempt: 2})
			settle()
			require.Contains(t, st.text(), "-- attempt 2 of digits-0004 begins\nthe second one\n")
			require.Contains(t, st.text(), "attempt 2")
			press(st, tui.Escape, "q")
		})
		require.NoError(t, err)
		require.Equal(t, paneTail, asked[0].Tail)
		require.Zero(t, asked[len(asked)-1].Tail, "all of a new attempt")
	})
}

func TestTheLiveBoardOfNothing(t *testing.T) {
	f := ranked(t)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		x := newTerminal(t, f, "")
		err := x.app.liveBoard(t.Context(), f, hone.Name{Namespace: "default", Name: "other"}, boardOptions{}, newFakeStage(80, 24))
		require.ErrorIs(t, err, hone.NotFound)
		require.Empty(t, x.stdout.String())
		err = x.app.liveBoard(t.Context(), f, hone.Name{Namespace: "default", Name: "digits"},
			boardOptions{arrange: arrange{sort: "nothing"}}, newFakeStage(80, 24))
		require.Equal(t, exitUsage, exitCode(err))
	})
}

func TestAFloodOfEventsIsNotDrawnOneByOne(t *testing.T) {
	spec := digitsSpec()
	spec.Budget.Trials = 2000
	f := newFake(t, spec)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		_, err := live(t, f, func(_ *terminal, st *fakeStage) {
			before := st.frames
			for range 1000 {
				f.succeed(t, f.start(t, adam(0.1, 2)), 0.5)
				time.Sleep(time.Millisecond)
			}
			settle()
			require.Contains(t, st.text(), "1000 trials  sorted by ranking")
			require.Less(t, st.frames-before, 60)
			press(st, "q")
		})
		require.NoError(t, err)
	})
}
