package client_test

import (
	"bytes"
	"context"
	"io"
	"net/http/httptest"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// door is a client and the recorded service behind it, with HTTP between them.
type door struct {
	client *client.Client
	// service answers the calls; a test may change it between calls.
	service atomic.Pointer[wiretest.Recorder]
}

// open starts a server whose service is whatever recorder the door has at the time.
func open(t *testing.T) *door {
	t.Helper()
	d := &door{}
	d.service.Store(&wiretest.Recorder{})
	relay := &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
		return d.service.Load().Answer(ctx, c)
	}}
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(api.NewHandler(relay, api.Options{}), api.Options{})
	server.Start()
	t.Cleanup(server.Close)
	d.client = client.New(client.Options{BaseURL: server.URL})
	t.Cleanup(d.client.Close)
	return d
}

// TestEveryMethodArrivesUnchanged calls each method of hone.Service through client and server, with arguments
// and results that are drawn.
func TestEveryMethodArrivesUnchanged(t *testing.T) {
	d := open(t)
	service := reflect.TypeFor[hone.Service]()
	for i := range service.NumMethod() {
		method := service.Method(i)
		t.Run(method.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				args, want := drawCall(t, method)
				var result any
				if method.Type.NumOut() == 2 {
					result = drawResult(t, method.Type.Out(0), args)
				}
				rec := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
					if c.Method == "Events" && c.Args[2] != args[2].Interface() {
						return nil, nil // the server looks whether the experiment is there before it waits
					}
					return result, nil
				}}
				d.service.Store(rec)
				got, err := invoke(context.Background(), d.client, method.Name, args)
				require.NoError(t, err)
				calls := rec.Calls()
				require.NotEmpty(t, calls)
				last := calls[len(calls)-1]
				require.Equal(t, method.Name, last.Method)
				require.Len(t, last.Args, len(want))
				for i := range want {
					require.Empty(t, wiretest.Same(want[i], last.Args[i]), "argument %d", i)
				}
				compareResult(t, result, got)
			})
		})
	}
}

// compareResult compares the answers of service and client.
func compareResult(t *rapid.T, want, got any) {
	if log, isLog := want.(*logReader); isLog {
		data, err := io.ReadAll(got.(io.ReadCloser))
		require.NoError(t, err)
		require.Equal(t, log.text, string(data))
		require.NoError(t, got.(io.Closer).Close())
		return
	}
	require.Empty(t, wiretest.Same(want, got))
}

// invoke calls a method by name.
func invoke(ctx context.Context, s hone.Service, method string, args []reflect.Value) (any, error) {
	out := reflect.ValueOf(s).MethodByName(method).Call(append([]reflect.Value{reflect.ValueOf(ctx)}, args...))
	err, _ := out[len(out)-1].Interface().(error)
	if len(out) == 1 {
		return nil, err
	}
	return out[0].Interface(), err
}

// drawCall draws the arguments of a method, and says how they must arrive: the defaults of names are
// filled in.
func drawCall(t *rapid.T, method reflect.Method) (args []reflect.Value, want []any) {
	for i := 1; i < method.Type.NumIn(); i++ {
		arg := drawArgument(t, method.Name, method.Type.In(i))
		args = append(args, reflect.ValueOf(arg))
		if n, isName := arg.(hone.Name); isName && n.Namespace == "" {
			n.Namespace = hone.DefaultNamespace
			arg = n
		}
		want = append(want, arg)
	}
	return args, want
}

func drawArgument(t *rapid.T, method string, typ reflect.Type) any {
	count := rapid.IntRange(0, 1<<40)
	switch typ {
	case reflect.TypeFor[hone.Name]():
		odd := rapid.SampledFrom([]string{"digits", "a/b", "a b", "100%", "é", "...", "a?b=c#d", "x-1"})
		n := hone.Name{Name: odd.Draw(t, "name")}
		n.Namespace = rapid.OneOf(rapid.Just(""), odd).Draw(t, "namespace")
		return n
	case reflect.TypeFor[int](): // the number of a trial
		return rapid.IntRange(1, 1<<40).Draw(t, "number")
	case reflect.TypeFor[int64](): // the sequence number of an event
		return rapid.Int64Min(0).Draw(t, "after")
	case reflect.TypeFor[hone.ExperimentFilter]():
		f := wiretest.Draw[hone.ExperimentFilter](t, "filter")
		f.Limit = count.Draw(t, "limit")
		f.Namespaces = nil // for the server to say
		return f
	case reflect.TypeFor[hone.TrialFilter]():
		f := wiretest.Draw[hone.TrialFilter](t, "filter")
		f.Limit, f.After = count.Draw(t, "limit"), count.Draw(t, "after")
		return f
	case reflect.TypeFor[hone.LeaderboardQuery]():
		q := wiretest.Draw[hone.LeaderboardQuery](t, "query")
		q.Top = count.Draw(t, "top")
		return q
	case reflect.TypeFor[hone.LogQuery]():
		return hone.LogQuery{Attempt: count.Draw(t, "attempt"), Follow: rapid.Bool().Draw(t, "follow"),
			Stream: rapid.SampledFrom([]string{"", "stdout", "stderr"}).Draw(t, "stream"),
			Offset: rapid.Int64Min(0).Draw(t, "offset"), Tail: count.Draw(t, "tail")}
	case reflect.TypeFor[hone.Batch]():
		return drawBatch(t)
	case reflect.TypeFor[hone.Patch]():
		return hone.Patch{Spec: []byte(`{"parallelism":2}`), Events: rapid.Int64Min(0).Draw(t, "events"), UID: wiretest.Draw[string](t, "uid")}
	case reflect.TypeFor[hone.AskRequest]():
		lease := rapid.SampledFrom([]time.Duration{0, time.Second, 1500 * time.Millisecond, hone.LongestLease})
		return hone.AskRequest{Count: rapid.IntRange(0, hone.AskLimit).Draw(t, "count"),
			Client: wiretest.Draw[string](t, "client"), Lease: hone.Duration(lease.Draw(t, "lease"))}
	case reflect.TypeFor[hone.TellRequest]():
		r := wiretest.Draw[hone.TellRequest](t, "request")
		r.Attempt = count.Draw(t, "attempt")
		r.State = rapid.SampledFrom([]hone.TrialState{hone.TrialSucceeded, hone.TrialFailed, hone.TrialEarlyStopped}).Draw(t, "state")
		delete(r.Metrics, "")
		return r
	case reflect.TypeFor[hone.RunRequest]():
		r := wiretest.Draw[hone.RunRequest](t, "request")
		r.Environment = append(r.Environment, "BYTES="+string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
		r.Directory += string(rapid.SliceOf(rapid.Byte()).Draw(t, "directory"))
		return r
	}
	return wiretest.Value(t, typ, method).Interface()
}

func drawBatch(t *rapid.T) hone.Batch {
	b := wiretest.Draw[hone.Batch](t, "batch")
	b.Received = time.Time{} // for the server to say
	b.Number = rapid.IntRange(1, 1<<40).Draw(t, "number")
	b.Attempt = rapid.IntRange(0, 1<<40).Draw(t, "attempt")
	b.Sequence = rapid.Int64Min(0).Draw(t, "sequence")
	for i := range b.Measurements {
		b.Measurements[i].Metric += "m"
	}
	return b
}

// drawResult draws the answer of a method.
func drawResult(t *rapid.T, typ reflect.Type, args []reflect.Value) any {
	experiment := ""
	if len(args) > 0 {
		if n, isName := args[0].Interface().(hone.Name); isName {
			experiment = n.Name
		}
	}
	switch typ {
	case reflect.TypeFor[io.ReadCloser]():
		text := rapid.SliceOf(rapid.Byte()).Draw(t, "log")
		return &logReader{text: string(text), Reader: bytes.NewReader(text)}
	case reflect.TypeFor[hone.Trial]():
		trial := wiretest.Draw[hone.Trial](t, "trial")
		trial.Experiment = experiment
		return trial
	case reflect.TypeFor[hone.TrialPage]():
		page := wiretest.Draw[hone.TrialPage](t, "page")
		page.Experiment = experiment
		for i := range page.Trials {
			page.Trials[i].Experiment = experiment
		}
		return page
	case reflect.TypeFor[hone.AskReply]():
		reply := wiretest.Draw[hone.AskReply](t, "reply")
		reply.RetryAfter = hone.Duration(time.Duration(rapid.IntRange(0, 1<<30).Draw(t, "milliseconds")) * time.Millisecond)
		for i := range reply.Trials {
			reply.Trials[i].Experiment = experiment
		}
		return reply
	case reflect.TypeFor[[]hone.Event]():
		return append(wiretest.Draw[[]hone.Event](t, "events"), wiretest.Draw[hone.Event](t, "event"))
	}
	return wiretest.Value(t, typ, "result").Interface()
}

type logReader struct {
	io.Reader
	text string
}

func (*logReader) Close() error { return nil }
