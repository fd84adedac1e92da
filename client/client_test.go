package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

var digits = hone.Name{Namespace: "default", Name: "digits"}

// arguments are some that each method takes.
func arguments(method reflect.Method) []reflect.Value {
	var args []reflect.Value
	for i := 1; i < method.Type.NumIn(); i++ {
		switch typ := method.Type.In(i); typ {
		case reflect.TypeFor[hone.Name]():
			args = append(args, reflect.ValueOf(digits))
		case reflect.TypeFor[int]():
			args = append(args, reflect.ValueOf(17))
		case reflect.TypeFor[hone.Batch]():
			args = append(args, reflect.ValueOf(hone.Batch{Number: 17}))
		default:
			args = append(args, reflect.Zero(typ))
		}
	}
	return args
}

// methods calls f for every method of the service.
func methods(t *testing.T, f func(t *testing.T, method reflect.Method)) {
	t.Helper()
	service := reflect.TypeFor[hone.Service]()
	for i := range service.NumMethod() {
		t.Run(service.Method(i).Name, func(t *testing.T) { f(t, service.Method(i)) })
	}
}

func TestErrorsOfEveryKindComeBackFromEveryMethod(t *testing.T) {
	d := open(t)
	fields := hone.FieldErrors{{Path: "spec.budget", Line: 7, Message: "no"}, {Path: "spec", Message: "no\nnever"}}
	methods(t, func(t *testing.T, method reflect.Method) {
		for _, kind := range hone.Kinds() {
			d.service.Store(failing(hone.Errorf(kind, "not %q: %w", "so", io.ErrClosedPipe)))
			_, err := invoke(t.Context(), d.client, method.Name, arguments(method))
			require.ErrorIs(t, err, kind)
			require.Equal(t, kind, hone.KindOf(err))
			require.EqualError(t, err, `not "so": io: read/write on closed pipe`)
		}
		d.service.Store(failing(fields))
		_, err := invoke(t.Context(), d.client, method.Name, arguments(method))
		require.Equal(t, error(fields), err)

		d.service.Store(failing(fmt.Errorf("trial 17: %w", &hone.SequenceError{Expected: 1 << 62, Got: 1<<62 + 1})))
		_, err = invoke(t.Context(), d.client, method.Name, arguments(method))
		var sequence *hone.SequenceError
		require.ErrorAs(t, err, &sequence)
		require.Equal(t, &hone.SequenceError{Expected: 1 << 62, Got: 1<<62 + 1}, sequence)
		require.ErrorIs(t, err, hone.Conflict)
		require.True(t, strings.HasPrefix(err.Error(), "trial 17: "))
	})
}

func failing(err error) *wiretest.Recorder {
	return &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return nil, err }}
}

func TestAServerThatIsNotThereIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	gone := filepath.Join(t.TempDir(), "hone.sock")
	for name, c := range map[string]struct {
		client *client.Client
		says   string
	}{
		"a port": {client.New(client.Options{BaseURL: "http://" + listener.Addr().String()}),
			"no server answers at http://" + listener.Addr().String()},
		"a socket": {client.New(client.Options{HTTP: client.Socket(gone)}), "no server answers at the socket (connect to " + gone + ": "},
	} {
		t.Run(name, func(t *testing.T) {
			methods(t, func(t *testing.T, method reflect.Method) {
				_, err := invoke(t.Context(), c.client, method.Name, arguments(method))
				require.ErrorIs(t, err, hone.Unavailable)
				require.ErrorContains(t, err, c.says)
				require.ErrorContains(t, err, "is a Hone server running there?")
			})
			for _, err := range c.client.Watch(t.Context(), digits, 0) {
				require.ErrorIs(t, err, hone.Unavailable)
			}
		})
	}
	_, err = client.New(client.Options{HTTP: client.Socket(gone)}).Algorithms(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAddressesOfNoServerAreRefused(t *testing.T) {
	for _, address := range []string{"127.0.0.1:7070", "localhost", "ftp://x", "http://", "http://x?y=1", "http://x#y", "http://[::1", "/tmp/x"} {
		_, err := client.New(client.Options{BaseURL: address}).Algorithms(t.Context())
		require.ErrorIs(t, err, hone.InvalidArgument, address)
		require.ErrorContains(t, err, "write it like http://127.0.0.1:7070", address)
	}
}

func TestEverythingWorksOverASocketWithALongPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 30))
	require.NoError(t, os.MkdirAll(dir, 0o700))
	path := filepath.Join(dir, "hone.sock")
	listener, err := unixsock.Listen(path)
	require.NoError(t, err)
	server := api.NewServer(api.NewHandler(&wiretest.Recorder{}, api.Options{}), api.Options{})
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()
	c := client.New(client.Options{HTTP: client.Socket(path)})
	methods(t, func(t *testing.T, method reflect.Method) {
		if method.Name == "Events" {
			return // nothing ever happens here
		}
		_, err := invoke(t.Context(), c, method.Name, arguments(method))
		require.NoError(t, err)
	})
	c.Close()
	require.NoError(t, server.Shutdown(t.Context()))
	require.ErrorIs(t, <-served, http.ErrServerClosed)
}

func TestTheTokenAndThePrefixAreSent(t *testing.T) {
	var path, authorization string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, authorization = r.URL.Path, r.Header.Get("Authorization")
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	_, err := client.New(client.Options{BaseURL: server.URL + "/hone/", Token: "secret"}).Algorithms(t.Context())
	require.NoError(t, err)
	require.Equal(t, "/hone/api/v1/algorithms", path)
	require.Equal(t, "Bearer secret", authorization)
}

func TestAnswersOfOtherProgramsAreSaidToBeThat(t *testing.T) {
	answer := "<html>hello</html>"
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	c := client.New(client.Options{BaseURL: server.URL})
	_, err := c.Algorithms(t.Context())
	require.ErrorContains(t, err, "is it a Hone server of this version?")
	status = http.StatusBadGateway
	_, err = c.Algorithms(t.Context())
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "the server answered 502 Bad Gateway: <html>hello</html>")
}

// flaky breaks the connection of the first so many requests, before it answers or in the middle of it.
type flaky struct {
	next   http.Handler
	breaks atomic.Int32
	middle bool
	seen   atomic.Int32
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.seen.Add(1)
	if f.breaks.Add(-1) < 0 {
		f.next.ServeHTTP(w, r)
		return
	}
	if f.middle {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"algorithms"`)
	}
	panic(http.ErrAbortHandler)
}

func TestOnlyWhatDoesNoHarmIsSentAgain(t *testing.T) {
	once := map[string]bool{"CreateExperiment": true, "RunExperiment": true, "UpdateExperiment": true, "DeleteExperiment": true,
		"PauseExperiment": true, "ResumeExperiment": true, "StopExperiment": true, "InterruptExperiment": true, "Enqueue": true,
		"Import": true, "StopTrial": true, "RetryTrial": true, "Measure": true, "Ask": true}
	for _, middle := range []bool{false, true} {
		f := &flaky{middle: middle, next: api.NewHandler(&wiretest.Recorder{}, api.Options{})}
		server := httptest.NewServer(f)
		c := client.New(client.Options{BaseURL: server.URL})
		methods(t, func(t *testing.T, method reflect.Method) {
			if middle && (method.Name == "Logs" || method.Name == "DeleteExperiment" || method.Name == "InterruptExperiment") {
				return // their answers have no end that they could miss, or no content
			}
			f.seen.Store(0)
			f.breaks.Store(1)
			_, err := invoke(t.Context(), c, method.Name, arguments(method))
			if once[method.Name] {
				require.ErrorIs(t, err, hone.Unavailable)
				require.ErrorContains(t, err, "broke off")
				require.EqualValues(t, 1, f.seen.Load())
				return
			}
			require.NoError(t, err)
			require.EqualValues(t, 2, f.seen.Load())
		})
		f.seen.Store(0)
		f.breaks.Store(1)
		_, err := c.Measure(t.Context(), digits, hone.Batch{Number: 17, Sequence: 1})
		require.NoError(t, err, "a numbered batch counts once")
		f.breaks.Store(1)
		_, err = c.Ask(t.Context(), digits, hone.AskRequest{Client: "worker-3"})
		require.NoError(t, err, "a client gets the same trials again")

		f.seen.Store(0)
		f.breaks.Store(9)
		c.Close() // net/http itself repeats what meets the end of a kept connection
		_, err = c.Algorithms(t.Context())
		require.ErrorIs(t, err, hone.Unavailable)
		require.EqualValues(t, 2, f.seen.Load(), "once more, and no oftener")
		server.Close()
	}
}

func TestCallersMayGiveUp(t *testing.T) {
	d := open(t)
	asked := make(chan struct{}, 1)
	d.service.Store(&wiretest.Recorder{Reply: func(ctx context.Context, _ wiretest.Call) (any, error) {
		asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	methods(t, func(t *testing.T, method reflect.Method) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-asked; cancel() }()
		_, err := invoke(ctx, d.client, method.Name, arguments(method))
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, errors.Is(err, hone.Unavailable), "the server is well")
	})
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err := d.client.Algorithms(ctx)
	require.ErrorIs(t, err, hone.DeadlineExceeded)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWhatCannotBeSentIsRefusedHere(t *testing.T) {
	d := open(t)
	_, err := d.client.CreateExperiment(t.Context(), make([]byte, 1<<20+1))
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.EqualError(t, err, "1048577 bytes are more than the 1 MiB that a server takes here")
	_, err = d.client.GetExperiment(t.Context(), hone.Name{Name: ".."})
	require.ErrorIs(t, err, hone.InvalidArgument)
	_, err = d.client.GetTrial(t.Context(), digits, 0)
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.Empty(t, d.service.Load().Calls())
}

func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(api.NewHandler(&wiretest.Recorder{}, api.Options{}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	c := client.New(client.Options{BaseURL: server.URL})
	defer c.Close()
	for range 3 {
		methods(t, func(t *testing.T, method reflect.Method) {
			got, err := invoke(t.Context(), c, method.Name, arguments(method))
			require.NoError(t, err)
			if log, isLog := got.(io.ReadCloser); isLog {
				_, err := io.Copy(io.Discard, log)
				require.NoError(t, err)
				require.NoError(t, log.Close())
			}
		})
	}
	require.EqualValues(t, 1, opened.Load())
}
