package collector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

// drawOutput draws what a program may print: readings, steps, noise, long lines, lines without end.
func drawOutput(t *rapid.T) string {
	short := rapid.SampledFrom([]string{
		"epoch=3", "Epoch 4/10", "step=7 loss=1", "loss=nan", "\x1b[1mloss\x1b[0m: 0.5", "epoch=0.5 loss=2", "epoch=1.0 loss=3",
		`{"loss": 1, "step": 3}`, `{"step": 4}`, `{"loss": 2, "acc": NaN}`, `{"loss": 2, "epoch": 0.25}`, `{"loss": 9,`,
		"acc=1 loss=2 acc=3", "noise", "", "loss = 0.1", "loss=", "[10]\tloss:1",
	})
	long := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string { // more readings than a batch holds
			return strings.Repeat("loss=1 acc=2, ", rapid.IntRange(1, 1500).Draw(t, "readings"))
		}),
		rapid.Custom(func(t *rapid.T) string { // longer than the limit
			filler := rapid.SampledFrom([]string{"x", "x ", "acc=1 ", "\x00", "=", "loss = 1,"}).Draw(t, "filler")
			return strings.Repeat(filler, rapid.IntRange(60_000, 70_000).Draw(t, "long")/len(filler)) + "loss=5 step=2"
		}),
	)
	line := rapid.OneOf(short, short, short, rapid.StringN(0, 20, 40), long)
	end := rapid.SampledFrom([]string{"\n", "\r", "\r\n", "\n\n", " "})
	var b strings.Builder
	for range rapid.IntRange(0, 12).Draw(t, "lines") {
		b.WriteString(line.Draw(t, "line"))
		b.WriteString(end.Draw(t, "end"))
	}
	return b.String()
}

// plain is a reading that can be compared: NaN is itself, and -1 is no step.
type plain struct {
	metric string
	bits   uint64
	step   int64
}

// journal is a sink that fails when it is told to.
type journal struct {
	ms      []plain
	cursor  []byte
	calls   int
	failAt  int  // the call that fails; 0 for none
	storing bool // the call that fails has stored its batch
}

var errSink = errors.New("the sink failed")

func (j *journal) sink(_ context.Context, _ string, cursor []byte, ms []hone.Measurement) error {
	if len(ms) == 0 || len(ms) > maxBatch {
		return fmt.Errorf("a batch of %d", len(ms))
	}
	j.calls++
	if j.calls == j.failAt && !j.storing {
		return errSink
	}
	for _, m := range ms {
		p := plain{m.Metric, math.Float64bits(float64(m.Value)), -1}
		if m.Step != nil {
			p.step = *m.Step
		}
		j.ms = append(j.ms, p)
	}
	j.cursor = cursor
	if j.calls == j.failAt {
		return errSink
	}
	return nil
}

func newFollower(t require.TestingT, c hone.Collection, j *journal) *follower {
	f, err := New(Options{Clock: func() time.Time { return time.Time{} }}).follower(c, j.sink)
	require.NoError(t, err)
	return f
}

// TestAnyCutsAndCrashesGiveTheSameReadings writes an output piece by piece, reads it with followers that
// crash at any batch, before or after it was stored, and compares with reading it once.
func TestAnyCutsAndCrashesGiveTheSameReadings(t *testing.T) {
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		output := drawOutput(t)
		source := rapid.SampledFrom([]string{hone.SourceStdout, hone.SourceFile}).Draw(t, "source")
		path := filepath.Join(dir, fmt.Sprint(run))
		c := hone.Collection{Objective: "loss", Emission: hone.Emission{Stdout: path, File: path}, Spec: rapid.SampledFrom([]hone.MetricsSpec{
			{}, {Format: hone.FormatJSON}, {Pattern: `(?P<name>\w+)[=:] ?(?P<value>\S+)|step=(?P<step>\d+)`},
		}).Draw(t, "spec")}
		c.Spec.Record, c.Spec.Source = []string{"acc"}, source

		require.NoError(t, os.WriteFile(path, []byte(output), 0o600))
		once := &journal{}
		whole := newFollower(t, c, once)
		_, err := whole.poll(t.Context(), true)
		require.NoError(t, err)
		whole.close()
		require.NoError(t, os.Truncate(path, 0))

		j := &journal{}
		c.Resume = func(string) []byte { return j.cursor }
		f := newFollower(t, c, j)
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(output)), 0, 6).Draw(t, "cuts")
		slices.Sort(cuts)
		from := 0
		for _, to := range append(cuts, len(output)) {
			appendTo(t, path, output[from:to])
			from = to
			f = crashes(t, c, f, j, false)
		}
		f = crashes(t, c, f, j, true)
		f.close()
		require.Equal(t, len(once.ms), len(j.ms))
		require.True(t, slices.Equal(once.ms, j.ms))
	})
}

// crashes polls, with a failure now and then, until a poll succeeds.
func crashes(t *rapid.T, c hone.Collection, f *follower, j *journal, final bool) *follower {
	for {
		j.calls, j.failAt = 0, rapid.IntRange(0, 3).Draw(t, "fail at")
		j.storing = rapid.Bool().Draw(t, "stored before it failed")
		_, err := f.poll(t.Context(), final)
		if err == nil && !rapid.Bool().Draw(t, "start again") {
			return f
		}
		if err != nil {
			require.ErrorIs(t, err, errSink)
		}
		f.close()
		f = newFollower(t, c, j)
	}
}

func appendTo(t require.TestingT, path, text string) {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

// TestACrashInsideALine stops between two batches of one line, where the step and the fractions that were
// seen before it must be known again.
func TestACrashInsideALine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stdout")
	line := strings.Repeat("loss=1 ", 2500) + "\n"
	require.NoError(t, os.WriteFile(path, []byte("epoch=0.5 loss=1\nepoch=7\n"+line+"loss=1 epoch=1.0\nepoch=8\nloss=2\n"), 0o600))
	once := &journal{}
	c := hone.Collection{Objective: "loss", Emission: hone.Emission{Stdout: path}}
	_, err := newFollower(t, c, once).poll(t.Context(), true)
	require.NoError(t, err)
	one, two := math.Float64bits(1), math.Float64bits(2)
	require.Equal(t, []plain{{"loss", one, -1}, {"loss", one, 7}}, once.ms[:2])
	require.Equal(t, []plain{{"loss", one, 7}, {"loss", one, -1}, {"loss", two, 8}}, once.ms[2500:])

	j := &journal{}
	c.Resume = func(string) []byte { return j.cursor }
	for err = errSink; err != nil; {
		j.calls, j.failAt, j.storing = 0, 1, !j.storing
		_, err = newFollower(t, c, j).poll(t.Context(), true)
	}
	require.True(t, slices.Equal(once.ms, j.ms))
}
