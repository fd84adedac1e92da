package client_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// board is a real source of events that hands out at most so many at once.
type board struct {
	mu      sync.Mutex
	newest  int64
	err     error
	changed chan struct{}
	waits   chan struct{} // told when somebody begins to wait, if it is listened to
}

const atOnce = 7

func (b *board) to(newest int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newest, b.err = newest, err
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *board) reply(ctx context.Context, c wiretest.Call) (any, error) {
	after, wait := c.Args[1].(int64), c.Args[2].(bool)
	for {
		b.mu.Lock()
		newest, err, changed := b.newest, b.err, b.changed
		b.mu.Unlock()
		if newest > after {
			var events []hone.Event
			for n := after + 1; n <= min(newest, after+atOnce); n++ {
				events = append(events, hone.Event{Sequence: n, Type: hone.EventNote})
			}
			return events, nil
		}
		if err != nil || !wait {
			return nil, err
		}
		select {
		case b.waits <- struct{}{}:
			continue
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// watched starts a server over a board and counts its connections.
func watched(t *testing.T, newest int64) (*board, *client.Client, *httptest.Server, *atomic.Int32) {
	t.Helper()
	b := &board{newest: newest, changed: make(chan struct{}), waits: make(chan struct{})}
	opened := &atomic.Int32{}
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(api.NewHandler(&wiretest.Recorder{Reply: b.reply}, api.Options{}), api.Options{})
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := client.New(client.Options{BaseURL: server.URL})
	t.Cleanup(c.Close)
	return b, c, server, opened
}

func TestWatchingIsOneConnection(t *testing.T) {
	b, c, _, opened := watched(t, 20)
	want := int64(2)
	for ev, err := range c.Watch(t.Context(), digits, 2) {
		require.NoError(t, err)
		want++
		require.Equal(t, want, ev.Sequence)
		if want == 20 {
			b.to(50, nil)
		}
		if want == 50 {
			break
		}
	}
	require.EqualValues(t, 50, want)
	require.EqualValues(t, 1, opened.Load())
}

func TestWatchingEndsWithTheReason(t *testing.T) {
	b, c, server, _ := watched(t, 1)
	end := func(do func()) (seen int, last error) {
		for _, err := range c.Watch(t.Context(), digits, 0) {
			require.NoError(t, last, "an error is the last thing")
			if last = err; err == nil {
				seen++
				do()
			}
		}
		return seen, last
	}
	seen, err := end(func() { b.to(1, hone.Errorf(hone.NotFound, "deleted")) })
	require.Equal(t, 1, seen)
	require.ErrorIs(t, err, hone.NotFound)
	require.EqualError(t, err, "deleted")

	b.to(1, nil)
	_, err = end(func() { b.to(1, hone.Errorf(hone.Internal, "oh no")) })
	require.ErrorIs(t, err, hone.Internal)
	require.EqualError(t, err, "oh no")

	b.to(0, hone.Errorf(hone.NotFound, "never there"))
	seen, err = end(func() {})
	require.Zero(t, seen)
	require.EqualError(t, err, "never there")

	b.to(1, nil)
	_, err = end(func() { server.CloseClientConnections() })
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "broke off")

	left := make(chan error)
	_, err = end(func() { go func() { left <- server.Config.Shutdown(context.Background()) }() })
	require.ErrorIs(t, err, hone.Unavailable)
	require.NoError(t, <-left)
}

func TestEventsAreThoseOfTheService(t *testing.T) {
	b, c, server, opened := watched(t, 9)
	events, err := c.Events(t.Context(), digits, 0, false)
	require.NoError(t, err)
	require.Len(t, events, atOnce)
	events, err = c.Events(t.Context(), digits, 7, true)
	require.NoError(t, err)
	require.Len(t, events, 2)
	events, err = c.Events(t.Context(), digits, 9, false)
	require.NoError(t, err)
	require.Empty(t, events)

	arrived := make(chan []hone.Event)
	go func() {
		events, _ := c.Events(context.Background(), digits, 9, true)
		arrived <- events
	}()
	b.to(10, nil)
	require.Equal(t, []hone.Event{{Sequence: 10, Type: hone.EventNote}}, <-arrived)
	require.EqualValues(t, 1, opened.Load(), "waiting does not cost a connection each time")

	failed := make(chan error)
	go func() {
		_, err := c.Events(context.Background(), digits, 10, true)
		failed <- err
	}()
	b.to(10, hone.Errorf(hone.DataLoss, "torn"))
	require.ErrorIs(t, <-failed, hone.DataLoss)

	b.to(10, nil)
	go func() {
		_, err := c.Events(context.Background(), digits, 10, true)
		failed <- err
	}()
	<-b.waits
	require.NoError(t, server.Config.Shutdown(t.Context()))
	require.ErrorIs(t, <-failed, hone.Unavailable, "no events are no answer to who waits for one")
}

func TestLogsThatBreakOffAreErrors(t *testing.T) {
	d := open(t)
	log, writer := io.Pipe()
	d.service.Store(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return io.ReadCloser(log), nil }})
	got, err := d.client.Logs(t.Context(), digits, 17, hone.LogQuery{Follow: true})
	require.NoError(t, err)
	_, err = io.WriteString(writer, "epoch=1\n")
	require.NoError(t, err)
	r := bufio.NewReader(got)
	line, err := r.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "epoch=1\n", line)
	require.NoError(t, writer.CloseWithError(io.ErrNoProgress))
	_, err = r.ReadByte()
	require.ErrorIs(t, err, hone.Unavailable)
	require.NoError(t, got.Close())
}

func TestLogsEndWithTheirContext(t *testing.T) {
	d := open(t)
	log, _ := io.Pipe()
	d.service.Store(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return io.ReadCloser(log), nil }})
	ctx, cancel := context.WithCancel(t.Context())
	got, err := d.client.Logs(ctx, digits, 17, hone.LogQuery{Follow: true})
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(got)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, got.Close())
}

// TestFollowersThatLeaveLeaveNothingBehind opens many streams over a socket, closes them at this end, and
// looks for goroutines at either.
func TestFollowersThatLeaveLeaveNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	b := &board{newest: 1, changed: make(chan struct{})}
	service := &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
		if c.Method == "Logs" {
			log, _ := io.Pipe()
			return io.ReadCloser(log), nil
		}
		return b.reply(ctx, c)
	}}
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(api.NewHandler(service, api.Options{}), api.Options{})
	server.Start()
	c := client.New(client.Options{BaseURL: server.URL})
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			for range c.Watch(t.Context(), digits, 0) {
				break
			}
		})
		all.Go(func() {
			log, err := c.Logs(t.Context(), digits, 17, hone.LogQuery{Follow: true})
			if err == nil {
				_ = log.Close()
			}
		})
	}
	all.Wait()
	c.Close()
	server.Close() // waits for the handlers
	goleak.VerifyNone(t, before)
}
