package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector/report"
	"github.com/hone-tuner/hone/internal/wire"
)

// service is what takes batches, by the rules of the API, without a network.
type service struct {
	mu     sync.Mutex
	next   int64
	values []float64
	bodies int
	// fault says what becomes of a request: "" goes through, "lost" is served and its answer lost, "away" never arrives.
	fault func() string
	delay time.Duration
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.delay > 0 {
		select {
		case <-time.After(s.delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies++
	fault := ""
	if s.fault != nil {
		fault = s.fault()
	}
	if fault == "away" {
		return nil, errors.New("connection refused")
	}
	status, answer := s.measure(body)
	if fault == "lost" {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(answer))}, nil
}

func (s *service) measure(body []byte) (int, []byte) {
	b, err := wire.DecodeBatch(body, 1)
	if err == nil && b.Sequence > s.next+1 {
		err = &hone.SequenceError{Expected: s.next + 1, Got: b.Sequence}
	}
	if err != nil {
		answer, _ := json.Marshal(wire.ErrorBodyOf(err))
		return wire.StatusOf(wire.KindOf(err)), answer
	}
	if b.Sequence == s.next+1 {
		s.next++
		for _, m := range b.Measurements {
			s.values = append(s.values, float64(m.Value))
		}
	}
	return http.StatusOK, []byte(`{"stop": false}`)
}

func (s *service) got() []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]float64(nil), s.values...)
}

func open(t require.TestingT, dir string, s *service) *report.Reporter {
	r, err := report.Open(report.Options{
		Dir: dir, URL: "http://hone:7070", Token: "t", Name: hone.Name{Name: "digits"}, Number: 1, Attempt: 1, Source: "pod/1",
		HTTP: &http.Client{Transport: s}, Random: func() float64 { return 0.5 },
	}, hclog.NewNullLogger())
	require.NoError(t, err)
	return r
}

// feed hands over readings from one value up to another, each with itself as the cursor.
func feed(ctx context.Context, r *report.Reporter, from, to int) error {
	for i := from; i <= to; i++ {
		if err := r.Sink(ctx, "stdout", []byte(strconv.Itoa(i)), []hone.Measurement{{Metric: "loss", Value: hone.Float(i)}}); err != nil {
			return err
		}
	}
	return nil
}

// resume is the reading to go on with.
func resume(t require.TestingT, r *report.Reporter) int {
	cursor := r.Resume("stdout")
	if len(cursor) == 0 {
		return 1
	}
	n, err := strconv.Atoi(string(cursor))
	require.NoError(t, err)
	return n + 1
}

func upTo(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}

// TestWhateverHappensEachReadingIsTakenOnce breaks connections, and reporters off, at random.
func TestWhateverHappensEachReadingIsTakenOnce(t *testing.T) {
	base := t.TempDir()
	rounds := 0
	type life struct{ milliseconds, part int }
	rapid.Check(t, func(rt *rapid.T) {
		rounds++
		dir := filepath.Join(base, strconv.Itoa(rounds))
		faults := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "lost", "away"}), 0, 40).Draw(rt, "faults")
		all := rapid.IntRange(1, 5000).Draw(rt, "readings")
		lives := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) life {
			return life{rapid.IntRange(1, 5000).Draw(rt, "milliseconds"), rapid.IntRange(0, 3000).Draw(rt, "part")}
		}), 0, 6).Draw(rt, "lives")
		s := &service{delay: 10 * time.Millisecond, fault: func() string {
			if len(faults) == 0 {
				return ""
			}
			f := faults[0]
			faults = faults[1:]
			return f
		}}
		synctest.Test(t, func(t *testing.T) {
			for _, l := range lives {
				ctx, kill := context.WithTimeout(t.Context(), time.Duration(l.milliseconds)*time.Millisecond)
				r := open(t, dir, s)
				running := make(chan struct{})
				go func() { defer close(running); _ = r.Run(ctx) }()
				from := resume(t, r)
				_ = feed(ctx, r, from, min(all, from+l.part))
				<-ctx.Done()
				<-running
				kill()
			}
			ctx, cancel := context.WithCancel(t.Context())
			r := open(t, dir, s)
			running := make(chan struct{})
			go func() { defer close(running); _ = r.Run(ctx) }()
			require.NoError(t, feed(ctx, r, resume(t, r), all))
			require.NoError(t, r.Flush(ctx))
			require.EqualValues(t, all, r.Readings())
			cancel()
			<-running
		})
		require.Equal(rt, upTo(all), s.got())
	})
}

func TestReadingsGoAtOnceAndWhatComesOftenIsGathered(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		r := open(t, dir, s)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = r.Run(ctx) }()
		for i := 1; i <= 5; i++ { // one in two seconds
			require.NoError(t, feed(ctx, r, i, i))
			synctest.Wait()
			require.Len(t, s.got(), i, "it went at once")
			time.Sleep(2 * time.Second)
		}
		before := s.bodies
		for i := 6; i <= 605; i++ { // ten in a second, for a minute
			require.NoError(t, feed(ctx, r, i, i))
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			require.GreaterOrEqual(t, len(s.got()), i-11, "a reading waits for a second at the most")
		}
		require.LessOrEqual(t, s.bodies-before, 65)
		require.NoError(t, r.Flush(ctx))
		require.Equal(t, upTo(605), s.got())
		cancel()
		synctest.Wait()
	})
}

func TestAServiceThatHasForgottenIsToldFromOneThatRefuses(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		r := open(t, dir, s)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = r.Run(ctx) }()
		for i := 1; i <= 3; i++ {
			require.NoError(t, feed(ctx, r, i, i))
			require.NoError(t, r.Flush(ctx))
		}
		s.mu.Lock()
		s.next, s.values = 1, s.values[:1] // restored from a copy
		s.mu.Unlock()
		require.NoError(t, feed(ctx, r, 4, 4))
		require.ErrorContains(t, r.Flush(ctx), "the service has lost 2 batches")
		require.Equal(t, []float64{1, 4}, s.got(), "what comes later is taken")
		cancel()
		synctest.Wait()
	})
}

func TestWhatIsRefusedEndsReportingAndReadingGoesOn(t *testing.T) {
	for name, answer := range map[string]error{
		"a wrong token":           hone.Errorf(hone.Unauthenticated, "the token is not the one of this trial"),
		"another attempt":         hone.Errorf(hone.Conflict, "attempt 1 cannot report"),
		"an experiment that went": hone.Errorf(hone.NotFound, "there is no experiment digits"),
	} {
		t.Run(name, func(t *testing.T) {
			body, err := json.Marshal(wire.ErrorBodyOf(answer))
			require.NoError(t, err)
			transport := round(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: wire.StatusOf(hone.KindOf(answer)), Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}, nil
			})
			var kept []byte
			r, err := report.Open(report.Options{Dir: t.TempDir(), URL: "http://hone", Name: hone.Name{Name: "digits"}, Number: 1, Attempt: 1,
				HTTP: &http.Client{Transport: transport}, Kept: func(cursor []byte) { kept = cursor }}, hclog.NewNullLogger())
			require.NoError(t, err)
			require.NoError(t, feed(t.Context(), r, 1, 1))
			require.ErrorIs(t, r.Run(t.Context()), hone.KindOf(answer))
			require.NoError(t, feed(t.Context(), r, 2, 5000), "nobody waits")
			require.Equal(t, "5000", string(kept))
			require.ErrorContains(t, r.Flush(t.Context()), answer.Error())
		})
	}
}

type round func(*http.Request) (*http.Response, error)

func (f round) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestDamageOfTheSpoolIsTold(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "000000000001.batch"), []byte("x"), 0o600))
	_, err := report.Open(report.Options{Dir: dir, URL: "http://hone", Name: hone.Name{Name: "digits"}, Number: 1}, hclog.NewNullLogger())
	require.ErrorIs(t, err, hone.DataLoss)
	_, err = report.Open(report.Options{Dir: t.TempDir(), URL: "hone:7070", Name: hone.Name{Name: "digits"}, Number: 1}, hclog.NewNullLogger())
	require.ErrorIs(t, err, hone.InvalidArgument)
}
