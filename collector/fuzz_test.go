package collector_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// seeds are lines of real programs and of hostile ones.
var seeds = []string{
	"loss=0.3\n", "Epoch 3/10 - loss: 0.31 - val_accuracy: 0.9\r\n", "{'loss': 0.3, 'accuracy': 0.9}\n", "[10]\tvalidation-rmse:0.3\n",
	"\x1b[1mloss\x1b[0m = -Inf; accuracy=97.5%\r", "loss: 1,234.5 epoch=1.0\n", `{"loss": NaN, "val": {"accuracy": "inf"}, "step": 3, "time": 1700000000}` + "\n",
	`{"metric": "loss", "value": 1e999}`, "loss=1e-\x00\xff\n", "\x1b]0;", "\x1b[", "loss=np.float64(0.3)", "INFO:root:loss=1", "step=9007199254740993\n",
	"loss\t5", "loss=1/0", "loss=1/3/", strings.Repeat("loss=1 ", 1200), "epoch(", "Epoch:[", "'loss':", `{"a":{"b":[{"c":"\u00`, "loss is 3\n7: loss is nan\n",
}

// readable checks what holds for any output, and that it is the same when it is read again.
func readable(t *testing.T, c hone.Collection, text string) {
	t.Helper()
	ms, seen := collectText(t, c, text)
	for _, m := range ms {
		require.Contains(t, append(c.Spec.Record, c.Objective), m.Metric)
		if m.Step != nil {
			require.LessOrEqual(t, math.Abs(float64(*m.Step)), float64(1<<53))
		}
		_, err := m.Time.MarshalJSON()
		require.NoError(t, err)
	}
	require.LessOrEqual(t, len(seen.Names), 20)
	for _, name := range seen.Names {
		require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_/.@:-]*$`), name)
	}
	tail, hint := seen.Look()
	require.LessOrEqual(t, len(tail), 20)
	require.True(t, hint == "" || strings.HasSuffix(hint, "."), hint)
	again, _ := collectText(t, c, text)
	require.Equal(t, plainly(ms), plainly(again))
}

func FuzzText(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		readable(t, spec("loss", hone.MetricsSpec{Record: []string{"accuracy", "val_loss", "P@1"}}), text)
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		readable(t, spec("loss", hone.MetricsSpec{Format: hone.FormatJSON, Record: []string{"accuracy", "val/accuracy"}}), text)
	})
}

func FuzzPattern(f *testing.F) {
	for _, s := range seeds {
		f.Add(`(?P<name>\w+) is (?P<value>\S+)`, s)
		f.Add(`(?:(?P<step>\d+):)?\s*(?P<name>\w+)=(?P<value>[^ ]*)`, s)
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := regexp.Compile(pattern)
		if err != nil || len(pattern) > 100 || len(text) > 10_000 || re.SubexpIndex("name") < 0 || re.SubexpIndex("value") < 0 {
			t.Skip()
		}
		readable(t, spec("loss", hone.MetricsSpec{Pattern: pattern}), text)
	})
}

// FuzzTail reads an output that is cut at two places by three collectors, each going on where the one
// before it stopped.
func FuzzTail(f *testing.F) {
	for i, s := range seeds {
		f.Add(s+seeds[(i+1)%len(seeds)], uint(i*7), uint(i*3), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, text string, a, b uint, json bool) {
		c := spec("loss", hone.MetricsSpec{Record: []string{"accuracy"}})
		if json {
			c.Spec.Format = hone.FormatJSON
		}
		once, _ := collectText(t, c, text)

		first := int(a % uint(len(text)+1))
		second := first + int(b%uint(len(text)-first+1))
		s := &store{}
		c.Resume = s.resume
		c.Emission.Stdout = filepath.Join(t.TempDir(), "stdout")
		for _, to := range []int{first, second, len(text)} {
			require.NoError(t, os.WriteFile(c.Emission.Stdout, []byte(text[:to]), 0o600))
			poll(t, c, s, to == len(text))
		}
		require.Equal(t, plainly(once), plainly(s.readings()))
	})
}

// poll runs a collector that sees the file as it is. One whose trial goes on leaves out what has no end
// yet; here that is done by hiding it.
func poll(t *testing.T, c hone.Collection, s *store, last bool) {
	t.Helper()
	if !last {
		text, err := os.ReadFile(c.Emission.Stdout)
		require.NoError(t, err)
		whole := strings.LastIndexAny(string(text), "\r\n") + 1
		require.NoError(t, os.Truncate(c.Emission.Stdout, int64(whole)))
	}
	_, err := newCollector().Collect(context.Background(), c, closed(), s.sink)
	require.NoError(t, err)
}
