package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// written is a log whose pieces come one after the other, and which may break off.
type written struct {
	start  int64
	pieces []string
	every  time.Duration
	end    error
	closed chan struct{}
	once   sync.Once
}

func (w *written) Start() int64 { return w.start }
func (w *written) Close() error { w.once.Do(func() { close(w.closed) }); return nil }
func (w *written) Read(p []byte) (int, error) {
	select {
	case <-time.After(w.every):
	case <-w.closed:
		return 0, errors.New("closed")
	}
	if len(w.pieces) == 0 {
		return 0, w.end
	}
	n := copy(p, w.pieces[0])
	if w.pieces[0] = w.pieces[0][n:]; w.pieces[0] == "" {
		w.pieces = w.pieces[1:]
	}
	return n, nil
}

func brokenLog(start int64, end error, pieces ...string) *written {
	return &written{start: start, pieces: pieces, end: end, every: time.Millisecond, closed: make(chan struct{})}
}

func TestFollowingALogOverLostConnectionsAndAttempts(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		lost := hone.Errorf(hone.Unavailable, "it broke off")
		answers := map[string][]any{
			"1 stdout 0":   {brokenLog(100, lost, "one\ntw")},
			"1 stdout 106": {lost, lost, brokenLog(106, lost), brokenLog(106, io.EOF, "o\nend of the first\n")},
			"2 stdout 0":   {hone.Errorf(hone.NotFound, "not there yet"), brokenLog(0, io.EOF, "again\n")},
		}
		var tails []int
		f.onLogs = func(q hone.LogQuery) (io.ReadCloser, error) {
			tails = append(tails, q.Tail)
			key := fmt.Sprint(q.Attempt, " ", q.Stream, " ", q.Offset)
			require.NotEmpty(t, answers[key], key)
			next := answers[key][0]
			answers[key] = answers[key][1:]
			if err, ok := next.(error); ok {
				return nil, err
			}
			return next.(io.ReadCloser), nil
		}
		n := f.start(t, adam(0.1, 2))
		go func() {
			time.Sleep(time.Minute)
			f.record(t, hone.Event{Type: hone.EventTrialRequeued, Trial: n, Attempt: 1, Reason: hone.Lost, Charged: true})
			time.Sleep(time.Minute)
			f.record(t, hone.Event{Type: hone.EventTrialStarted, Trial: n, Attempt: 2})
			time.Sleep(time.Minute)
			f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: n, Attempt: 2, State: "Succeeded", Value: float(1)})
		}()
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, "logs", "digits-0001", "-f", "--stream", "stdout", "--tail", "2"), x.stderr)
		require.Equal(t, "one\ntwo\nend of the first\nagain\n", x.stdout.String(), "no byte twice, none missing")
		require.Equal(t, []int{2, 0, 0, 0, 0, 0, 0}, tails)
		require.Equal(t, "connection lost, trying again: it broke off\nconnected again\nconnection lost, trying again: it broke off\nconnected again\n"+
			"waiting for digits-0001 to start\nattempt 2 of digits-0001 begins\n", x.stderr.String())
	})
}

func TestBothStreamsAreFollowedTogether(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		n := f.start(t, adam(0.1, 2))
		f.onLogs = func(q hone.LogQuery) (io.ReadCloser, error) {
			log := brokenLog(0, io.EOF, "out 1\nou", "t 2\n")
			if q.Stream == "stderr" {
				log = brokenLog(0, io.EOF, "err 1\n", "err 2 without an end")
			}
			log.every = 10 * time.Millisecond
			return log, nil
		}
		f.succeed(t, n, 0.5)
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, "logs", "digits-0001", "-f"), x.stderr)
		lines := strings.Split(x.stdout.String(), "\n")
		require.ElementsMatch(t, []string{"out 1", "out 2", "err 1", "err 2 without an end"}, lines)
	})
}

func TestFollowingALogEndsWithCtrlC(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		f.start(t, adam(0.1, 2))
		f.onLogs = func(hone.LogQuery) (io.ReadCloser, error) {
			log := brokenLog(0, io.EOF, "and so on\n")
			log.every = time.Hour
			return log, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Hour-time.Second, cancel)
		x := newTerminal(t, f, "")
		require.Equal(t, exitInterrupted, x.app.run(ctx, []string{"logs", "digits-0001", "-f"}))
		require.Contains(t, x.stdout.String(), "and so on\n")
	})
}

func TestALogThatIsNotThereIsNotFollowed(t *testing.T) {
	f := newFake(t, digitsSpec())
	f.onLogs = func(hone.LogQuery) (io.ReadCloser, error) {
		return nil, hone.Errorf(hone.Unavailable, "no server answers")
	}
	x := newTerminal(t, f, "")
	require.Equal(t, exitFailed, x.run(t, "logs", "digits-0099", "-f"))
	f.start(t, adam(0.1, 2))
	require.Equal(t, exitFailed, x.run(t, "logs", "digits-0001", "-f", "--attempt", "1"), "a service that was never there is an error")
	require.Contains(t, x.stderr.String(), "no server answers")
	require.Equal(t, exitUsage, x.run(t, "logs", "digits-0001", "--tail", "-1"))
}

// TestMixedLinesAreWhole writes lines of two streams in pieces.
func TestMixedLinesAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		m := &mixer{out: &out, parts: map[string][]byte{}, old: map[string]int{}}
		rest := map[string]string{"stdout": "", "stderr": ""}
		want := map[string]string{}
		for _, stream := range []string{"stdout", "stderr"} {
			for i := range rapid.IntRange(0, 20).Draw(t, "lines") {
				rest[stream] += fmt.Sprintf("%s %d\n", stream, i)
			}
			want[stream] = rest[stream]
		}
		for rest["stdout"]+rest["stderr"] != "" {
			stream := rapid.SampledFrom([]string{"stdout", "stderr"}).Draw(t, "stream")
			n := rapid.IntRange(0, len(rest[stream])).Draw(t, "bytes")
			require.NoError(t, m.write(stream, []byte(rest[stream][:n])))
			rest[stream] = rest[stream][n:]
		}
		require.NoError(t, m.flush())
		got := map[string]string{}
		for line := range strings.Lines(out.String()) {
			stream, _, _ := strings.Cut(line, " ")
			got[stream] += line
		}
		require.Equal(t, want["stdout"], got["stdout"])
		require.Equal(t, want["stderr"], got["stderr"])
	})
}

func TestTheBeginningOfALineIsShownAfterAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMixer(&out)
		defer m.close()
		require.NoError(t, m.write("stdout", []byte("50%")))
		time.Sleep(3 * flushEvery)
		synctest.Wait()
		require.Equal(t, "50%", out.String())
		require.NoError(t, m.write("stderr", []byte("warning\n")))
		require.NoError(t, m.write("stdout", []byte(" 60%\r")))
		require.Equal(t, "50%\nwarning\n 60%\r", out.String(), "a line of another stream begins anew")
	})
}
