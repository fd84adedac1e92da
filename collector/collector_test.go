package collector_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
)

// epoch is when every reading of a test is taken.
var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newCollector() *collector.Collector {
	return collector.New(collector.Options{Clock: func() time.Time { return epoch }})
}

// batch is what a sink was given.
type batch struct {
	source string
	cursor []byte
	ms     []hone.Measurement
}

// store is a sink that remembers.
type store struct{ batches []batch }

func (s *store) sink(_ context.Context, source string, cursor []byte, ms []hone.Measurement) error {
	s.batches = append(s.batches, batch{source, cursor, ms})
	return nil
}

func (s *store) resume(string) []byte {
	if len(s.batches) == 0 {
		return nil
	}
	return s.batches[len(s.batches)-1].cursor
}

func (s *store) readings() []hone.Measurement {
	var all []hone.Measurement
	for _, b := range s.batches {
		all = append(all, b.ms...)
	}
	return all
}

// plain is a reading that is easy to write down: NaN equals NaN, and -1 is no step.
type plain struct {
	metric, value string
	step          int64
}

func plainly(ms []hone.Measurement) []plain {
	out := []plain{}
	for _, m := range ms {
		p := plain{m.Metric, m.Value.String(), -1}
		if m.Step != nil {
			p.step = *m.Step
		}
		out = append(out, p)
	}
	return out
}

// closed is the end of a trial that has ended.
func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func spec(objective string, m hone.MetricsSpec) hone.Collection {
	return hone.Collection{Objective: objective, Spec: m}
}

// write puts text into a new file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdout")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// collectText reads what an ended trial has printed.
func collectText(t testing.TB, c hone.Collection, text string) ([]hone.Measurement, hone.Seen) {
	t.Helper()
	c.Emission.Stdout = write(t, text)
	s := &store{}
	seen, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
	require.NoError(t, err)
	return s.readings(), seen
}
