package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// flaky answers as a service does that is there at some times.
type flaky struct {
	answer func() (int, error)
	asked  int
}

func (f *flaky) RoundTrip(*http.Request) (*http.Response, error) {
	f.asked++
	status, err := f.answer()
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(""))}, nil
}

var errGone = errors.New("connection refused")

func TestWhoOnlyLooksOutlivesARestart(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		known  bool // the service has answered before
		away   time.Duration
		how    func() (int, error)
		asked  bool // once only
	}{
		"a look is repeated":                               {method: "GET", known: true, away: 10 * time.Second, how: func() (int, error) { return 0, errGone }},
		"so it is when a proxy stands before":              {method: "GET", known: true, away: 10 * time.Second, how: func() (int, error) { return 502, nil }},
		"what does something is not":                       {method: "POST", known: true, away: time.Second, how: func() (int, error) { return 0, errGone }, asked: true},
		"a service that was never there is not waited for": {method: "GET", away: time.Second, how: func() (int, error) { return 0, errGone }, asked: true},
		"one that does not come back is given up":          {method: "GET", known: true, away: time.Hour, how: func() (int, error) { return 0, errGone }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				back := time.Now().Add(c.away)
				f := &flaky{answer: func() (int, error) {
					if time.Now().Before(back) {
						return c.how()
					}
					return 200, nil
				}}
				transport := &reconnecting{base: f}
				transport.answered.Store(c.known)
				r, err := http.NewRequestWithContext(t.Context(), c.method, "http://hone", nil)
				require.NoError(t, err)
				resp, err := transport.RoundTrip(r)
				switch {
				case c.asked:
					require.ErrorIs(t, err, errGone)
					require.Equal(t, 1, f.asked)
				case c.away > outageLimit:
					require.ErrorIs(t, err, errGone)
				default:
					require.NoError(t, err)
					require.Equal(t, 200, resp.StatusCode)
				}
			})
		})
	}
}
