package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// request is a GET with a context.
func request(ctx context.Context, target string) *http.Request {
	return httptest.NewRequest(http.MethodGet, target, nil).WithContext(ctx)
}

// pipes is a listener for connections without a network, whose time is that of the test's bubble. What is
// written waits until it is read.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error { close(p.done); return nil }
func (*pipes) Addr() net.Addr { return &net.IPAddr{} }

func (p *pipes) dial() net.Conn {
	here, there := net.Pipe()
	p.conns <- there
	return here
}

// served runs a server in the test's bubble.
func served(t *testing.T, h http.Handler) *pipes {
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	server := api.NewServer(h, api.Options{})
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
	return p
}

func TestABodyThatTricklesIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, path := range []string{digits + "/enqueue", digits + "/pause"} {
			rec := &wiretest.Recorder{}
			conn := served(t, handlerOf(rec)).dial()
			start := time.Now()
			var writer sync.WaitGroup
			writer.Go(func() {
				_, _ = io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 40\r\n\r\n")
				for range 40 {
					time.Sleep(10 * time.Second)
					if _, err := io.WriteString(conn, " "); err != nil {
						return
					}
				}
			})
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusRequestTimeout, resp.StatusCode)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Contains(t, string(body), "did not arrive in time; nothing was done")
			require.ErrorIs(t, wire.ErrorOf(resp.StatusCode, body), hone.DeadlineExceeded)
			require.Less(t, time.Since(start), time.Minute)
			require.Empty(t, rec.Calls())
			_, err = conn.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF, "the connection is of no use any more")
			require.NoError(t, conn.Close())
			writer.Wait()
		}
	})
}

func TestTheTimeOfABodyEndsWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &wiretest.Recorder{Reply: func(ctx context.Context, _ wiretest.Call) (any, error) {
			time.Sleep(50 * time.Second) // longer than a body may take
			return nil, ctx.Err()
		}}
		conn := served(t, handlerOf(rec)).dial()
		answers := bufio.NewReader(conn)
		for range 2 { // on one connection
			go func() {
				_, _ = io.WriteString(conn, "POST "+digits+"/enqueue HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\n{\"parameters\": {}}")
			}()
			resp, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			_, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
			time.Sleep(2 * time.Minute)
		}
		require.NoError(t, conn.Close())
	})
}

// TestWhoTakesNothingIsLeft has clients that ask for something and never read the answer.
func TestWhoTakesNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFeed(100)
		h := api.NewHandler(f.service(), api.Options{Streams: 2})
		p := served(t, h)
		var stuck []net.Conn
		for range 2 {
			conn := p.dial()
			_, err := io.WriteString(conn, "GET "+digits+"/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
			stuck = append(stuck, conn)
		}
		synctest.Wait()
		w := do(h, http.MethodGet, digits+"/events?follow=false", "")
		require.Equal(t, http.StatusTooManyRequests, w.Code)
		require.Equal(t, "2 events and logs are being followed, which is the most: try again when others have left", problem(t, w).Message)
		require.NotEmpty(t, w.Header().Get("Retry-After"))
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, http.StatusOK, do(h, http.MethodGet, digits+"/events?follow=false", "").Code, "the stuck ones have been left")
		for _, conn := range stuck {
			require.NoError(t, conn.Close())
		}
	})
}

func TestAnswersThatTakeTooLongAreGivenUpButNotThoseThatWaitForTrials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &wiretest.Recorder{Reply: func(ctx context.Context, _ wiretest.Call) (any, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Hour):
				return nil, nil
			}
		}}
		for op, want := range map[wire.Operation]struct {
			status int
			after  time.Duration
		}{
			wire.Ask:                 {http.StatusGatewayTimeout, time.Minute},
			wire.GetExperiment:       {http.StatusGatewayTimeout, time.Minute},
			wire.Import:              {http.StatusGatewayTimeout, 5 * time.Minute},
			wire.DeleteExperiment:    {http.StatusNoContent, time.Hour},
			wire.InterruptExperiment: {http.StatusNoContent, time.Hour},
		} {
			r := wire.RouteOf(op)
			start := time.Now()
			w := do(handlerOf(rec), r.Method, target(t, r), good(op))
			require.Equal(t, want.status, w.Code, op)
			require.Equal(t, want.after, time.Since(start), op)
			if w.Code >= 400 {
				require.Equal(t, hone.DeadlineExceeded, problem(t, w).Code)
			}
		}
	})
}

func TestDeepBodiesAreRefused(t *testing.T) {
	const depth = 20_000
	bodies := []string{strings.Repeat("[", depth), strings.Repeat(`{"a":`, depth), `{"measurements":` + strings.Repeat("[", depth),
		`{"parameters":` + strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "}",
		`{"trials":[` + strings.Repeat(`{"parameters":`, depth) + strings.Repeat("}", depth) + "]}"}
	for _, r := range wire.Routes() {
		if r.BodyLimit == 0 || r.Operation == wire.CreateExperiment || r.Operation == wire.UpdateExperiment {
			continue // these two are read by the service
		}
		for _, body := range bodies {
			rec := &wiretest.Recorder{}
			w := do(handlerOf(rec), r.Method, target(t, r), body)
			require.Equal(t, http.StatusBadRequest, w.Code, r.Operation)
			require.Less(t, w.Body.Len(), 1000)
			require.Empty(t, rec.Calls())
		}
	}
}
