package api_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// feed is a real source of events: it keeps them and wakes whoever waits.
type feed struct {
	mu      sync.Mutex
	events  []hone.Event
	err     error
	changed chan struct{}
}

func newFeed(n int) *feed {
	f := &feed{changed: make(chan struct{})}
	for range n {
		f.add()
	}
	return f
}

func (f *feed) add() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = append(f.events, hone.Event{Sequence: int64(len(f.events) + 1), Type: hone.EventNote, Message: "a\nb"})
	f.wake()
}

func (f *feed) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.wake()
}

func (f *feed) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *feed) after(ctx context.Context, after int64, wait bool) ([]hone.Event, error) {
	for {
		f.mu.Lock()
		events, err, changed := f.events[min(after, int64(len(f.events))):], f.err, f.changed
		f.mu.Unlock()
		switch {
		case err != nil:
			return nil, err
		case len(events) > 0 || !wait:
			return events, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// service is one whose events are the feed's.
func (f *feed) service() *wiretest.Recorder {
	return &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
		return f.after(ctx, c.Args[1].(int64), c.Args[2].(bool))
	}}
}

// screen is a response writer that can be read while it is written; what counts is what was flushed.
type screen struct {
	*httptest.ResponseRecorder
	mu      sync.Mutex
	flushed string
}

func newScreen() *screen { return &screen{ResponseRecorder: httptest.NewRecorder()} }

func (s *screen) FlushError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ResponseRecorder.Flush()
	s.flushed = s.Body.String()
	return nil
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ResponseRecorder.Write(p)
}

func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flushed
}

func message(sequence string) string {
	return "id: " + sequence + "\ndata: {\"sequence\":" + sequence + ",\"time\":\"0001-01-01T00:00:00Z\",\"type\":\"Note\",\"message\":\"a\\nb\"}\n\n"
}

func TestEventsAreSentAsTheyHappenAndSilenceHasAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(2)
		w := newScreen()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r := httptest.NewRequest(http.MethodGet, digits+"/events?after=1", nil).WithContext(ctx)
			api.NewHandler(f.service(), api.Options{}).ServeHTTP(w, r)
		}()
		synctest.Wait()
		require.Equal(t, "text/event-stream", w.Header().Get("Content-Type"))
		want := message("2")
		require.Equal(t, want, w.shows())

		f.add()
		synctest.Wait()
		want += message("3")
		require.Equal(t, want, w.shows())

		time.Sleep(15*time.Second - 1) // of the bubble's clock
		synctest.Wait()
		require.Equal(t, want, w.shows(), "not yet")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		want += ": heartbeat\n\n"
		require.Equal(t, want, w.shows())

		time.Sleep(7 * time.Second)
		f.add()
		synctest.Wait()
		want += message("4")
		require.Equal(t, want, w.shows())

		cancel()
		<-done
		require.Equal(t, want, w.Body.String(), "nothing follows when the client has gone")
	})
}

func TestTheHeaderOfABrowserThatConnectsAgainWins(t *testing.T) {
	w := do(api.NewHandler(newFeed(4).service(), api.Options{}), "GET", digits+"/events?after=1&follow=false", "", "Last-Event-ID", "3")
	require.Equal(t, message("4"), w.Body.String())
}

func TestStreamsThatDoNotFollowEnd(t *testing.T) {
	h := api.NewHandler(newFeed(2).service(), api.Options{})
	require.Equal(t, message("1")+message("2"), do(h, "GET", digits+"/events?follow=false", "").Body.String())
	require.Equal(t, message("2"), do(h, "GET", digits+"/events?follow=false&after=1&wait=true", "").Body.String())
	require.Empty(t, do(h, "GET", digits+"/events?follow=false&after=2", "").Body.String())
	require.Equal(t, http.StatusOK, do(h, "HEAD", digits+"/events?after=2", "").Code)
}

func TestWaitingEndsWithTheFirstEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(1)
		w := newScreen()
		go api.NewHandler(f.service(), api.Options{}).ServeHTTP(w, httptest.NewRequest("GET", digits+"/events?after=1&wait=true&follow=false", nil))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Equal(t, ": heartbeat\n\n", w.shows())
		f.add()
		synctest.Wait()
		require.Equal(t, ": heartbeat\n\n"+message("2"), w.shows())
	})
}

func TestAnExperimentThatIsNotThereHasNoStream(t *testing.T) {
	f := newFeed(0)
	f.fail(hone.Errorf(hone.NotFound, "no such experiment"))
	w := do(api.NewHandler(f.service(), api.Options{}), "GET", digits+"/events", "")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, "no such experiment", problem(t, w).Message)
}

func TestAStreamThatCannotGoOnSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(1)
		w := newScreen()
		go api.NewHandler(f.service(), api.Options{}).ServeHTTP(w, httptest.NewRequest("GET", digits+"/events", nil))
		synctest.Wait()
		f.fail(hone.Errorf(hone.NotFound, "deleted"))
		synctest.Wait()
		require.Equal(t, message("1")+"event: error\ndata: {\"error\":{\"code\":\"NotFound\",\"message\":\"deleted\"}}\n\n", w.Body.String())
	})
}

// TestAServiceThatDoesNotWaitDoesNotMakeTheServerSpin guards against a busy loop.
func TestAServiceThatDoesNotWaitDoesNotMakeTheServerSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &wiretest.Recorder{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := newScreen()
		api.NewHandler(rec, api.Options{}).ServeHTTP(w, httptest.NewRequest("GET", digits+"/events", nil).WithContext(ctx))
		require.LessOrEqual(t, len(rec.Calls()), 6)
	})
}

// lines is a log that is written while it is read.
func lines() (*wiretest.Recorder, *io.PipeWriter) {
	r, w := io.Pipe()
	return &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return io.ReadCloser(r), nil }}, w
}

const logs = digits + "/trials/digits-0017/logs"

func TestFollowedLogsArriveAtOnce(t *testing.T) {
	service, log := lines()
	server := start(t, api.NewHandler(service, api.Options{}))
	resp, err := server.Client().Get(server.URL + logs + "?follow=true")
	require.NoError(t, err, "the answer begins before there is any output")
	defer func() { _ = resp.Body.Close() }()
	require.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
	r := bufio.NewReader(resp.Body)
	for _, line := range []string{"epoch=1\n", "\x00\xff\n", "epoch=2\n"} {
		_, err := io.WriteString(log, line)
		require.NoError(t, err)
		got, err := r.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, line, got)
	}
	require.NoError(t, log.Close())
	_, err = r.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}

func TestALogThatBreaksOffBreaksTheConnection(t *testing.T) {
	service, log := lines()
	server := start(t, api.NewHandler(service, api.Options{}))
	go func() {
		_, _ = io.WriteString(log, "half")
		log.CloseWithError(errors.New("the disk has gone"))
	}()
	resp, err := server.Client().Get(server.URL + logs + "?follow=true")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "half", string(got))
}

func TestAPanicInTheMiddleBreaksTheConnection(t *testing.T) {
	service := &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("half"), panicking{})), nil
	}}
	server := start(t, api.NewHandler(service, api.Options{}))
	resp, err := server.Client().Get(server.URL + logs + "?follow=true")
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, "half", string(got))
}

type panicking struct{}

func (panicking) Read([]byte) (int, error) { panic("a mistake of the program") }

// untilClosed is a log that ends like a whole one when it is closed.
type untilClosed struct{ closed chan struct{} }

func (u untilClosed) Read([]byte) (int, error) { <-u.closed; return 0, io.EOF }
func (u untilClosed) Close() error             { close(u.closed); return nil }

func TestALogThatTheServerLeavesIsNotTakenForComplete(t *testing.T) {
	service := &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) {
		return io.ReadCloser(untilClosed{make(chan struct{})}), nil
	}}
	server := start(t, api.NewHandler(service, api.Options{}))
	resp, err := server.Client().Get(server.URL + logs + "?follow=true")
	require.NoError(t, err)
	left := make(chan error)
	go func() { left <- server.Config.Shutdown(context.Background()) }()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, resp.Body.Close())
	require.NoError(t, <-left)
}

// TestFollowersThatLeaveLeaveNothingBehind opens many streams of each sort, leaves them, and looks for
// goroutines that are still there.
func TestFollowersThatLeaveLeaveNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	f := newFeed(1)
	var closed sync.WaitGroup
	service := &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
		if c.Method == "Logs" {
			r, w := io.Pipe() // nobody ever writes the end
			go func() { _, _ = io.WriteString(w, "begun\n") }()
			return io.ReadCloser(onClose{r, closed.Done}), nil
		}
		return f.after(ctx, c.Args[1].(int64), c.Args[2].(bool))
	}}
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(api.NewHandler(service, api.Options{}), api.Options{})
	server.Start()
	const each = 10
	closed.Add(each)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for _, path := range []string{logs + "?follow=true", digits + "/events"} {
		for range each {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, nil)
			require.NoError(t, err)
			resp, err := server.Client().Do(req)
			require.NoError(t, err)
			r := bufio.NewReader(resp.Body)
			_, err = r.ReadString('\n')
			require.NoError(t, err)
			readers.Go(func() { _, _ = io.Copy(io.Discard, r); _ = resp.Body.Close() })
		}
	}
	cancel()
	closed.Wait() // every log is closed though its reading would never end
	readers.Wait()
	server.Close()
	goleak.VerifyNone(t, before)
}

type onClose struct {
	io.ReadCloser
	then func()
}

func (c onClose) Close() error {
	defer c.then()
	return c.ReadCloser.Close()
}

// TestShutdownEndsStreamsAndLetsOthersFinish has a stream of events, a followed log and a slow deletion
// open when the server is asked to leave.
func TestShutdownEndsStreamsAndLetsOthersFinish(t *testing.T) {
	f := newFeed(1)
	deleting, finish := make(chan struct{}), make(chan struct{})
	service := &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
		switch c.Method {
		case "Logs":
			r, _ := io.Pipe()
			return io.ReadCloser(r), nil
		case "DeleteExperiment":
			close(deleting)
			select {
			case <-finish:
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return f.after(ctx, c.Args[1].(int64), c.Args[2].(bool))
	}}
	server := start(t, api.NewHandler(service, api.Options{}))
	events, err := server.Client().Get(server.URL + digits + "/events")
	require.NoError(t, err)
	log, err := server.Client().Get(server.URL + logs + "?follow=true")
	require.NoError(t, err)
	status := make(chan int)
	go func() {
		req, _ := http.NewRequest(http.MethodDelete, server.URL+digits, nil)
		resp, err := server.Client().Do(req)
		if err != nil {
			status <- 0
			return
		}
		_ = resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-deleting
	left := make(chan error)
	go func() { left <- server.Config.Shutdown(context.Background()) }()
	all, err := io.ReadAll(events.Body)
	require.NoError(t, err, "a stream of events ends between two of them")
	require.True(t, strings.HasPrefix(string(all), "id: 1\n"))
	_, err = io.ReadAll(log.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "nobody must take the log for complete")
	close(finish)
	require.Equal(t, http.StatusNoContent, <-status)
	require.NoError(t, <-left)
	require.NoError(t, events.Body.Close())
	require.NoError(t, log.Body.Close())
}
