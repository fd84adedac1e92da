package collector

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// seeds are lines of real programs and of hostile ones.
var seeds = []string{
	"loss=0.3\n", "Epoch 3/10 - loss: 0.31 - val_accuracy: 0.9\r\n", "{'loss': 0.3, 'accuracy': 0.9}\n", "[10]\tvalidation-rmse:0.3\n",
	"\x1b[1mloss\x1b[0m = -Inf; accuracy=97.5%\r", "loss: 1,234.5 epoch=1.0\n", `{"loss": NaN, "val": {"accuracy": "inf"}, "step": 3, "time": 1700000000}` + "\n",
	`{"metric": "loss", "value": 1e999}`, "loss=1e-\x00\xff\n", "\x1b]0;", "\x1b[", "loss=np.float64(0.3)", "INFO:root:loss=1", "step=9007199254740993\n",
	"loss\t5", "loss=1/0", "loss=1/3/", strings.Repeat("loss=1 ", 1200), "epoch(", "Epoch:[", "'loss':", `{"a":{"b":[{"c":"\u00`, "loss is 3\n7: loss is nan\n",
	traceTail, "{\n  \"loss\": 1\n}", "step 1: x\rval loss: 3", "loss=Decimal('", "1970-01-01 loss 3",
}

const traceTail = "Traceback (most recent call last):\n  File \"x\"\nModuleNotFoundError: No module named 'x'\n"

func now() time.Time { return time.Unix(1700000000, 0) }

// readAll reads a text that arrives in chunks.
func readAll(t require.TestingT, c hone.Collection, text string, chunk int) (*reader, []hone.Measurement) {
	r, err := newReader(c, now)
	require.NoError(t, err)
	var l lines
	l.limit, l.whole = r.whole()
	l.seek(0)
	var ms []hone.Measurement
	for final := false; !final; {
		room, overlap := l.space()
		n := copy(room[overlap:], text[:min(chunk, len(text))])
		l.end += n
		text = text[n:]
		final = len(text) == 0
		for line, ok := l.next(final); ok; line, ok = l.next(final) {
			ms = append(ms, r.line(line)...)
		}
	}
	return r, ms
}

func plainly(ms []hone.Measurement) []plain {
	var out []plain
	for _, m := range ms {
		p := plain{m.Metric, math.Float64bits(float64(m.Value)), -1}
		if m.Step != nil {
			p.step = *m.Step
		}
		out = append(out, p)
	}
	return out
}

var metricName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_/.@:-]*$`)

// readable checks what holds for any output: only wanted metrics, steps and times that can be stored, and
// the same readings however it arrives.
func readable(t *testing.T, c hone.Collection, text string) {
	t.Helper()
	r, ms := readAll(t, c, text, len(text)+1)
	for _, m := range ms {
		require.True(t, m.Metric == c.Objective || slices.Contains(c.Spec.Record, m.Metric), m.Metric)
		require.True(t, m.Step == nil || *m.Step <= largestStep && *m.Step >= -largestStep)
		_, err := m.Time.MarshalJSON()
		require.NoError(t, err)
	}
	names := r.names.list()
	require.LessOrEqual(t, len(names), maxNames)
	for _, name := range names {
		require.True(t, metricName.MatchString(name), name)
	}
	_, again := readAll(t, c, text, 1+len(text)/5)
	require.True(t, slices.Equal(plainly(ms), plainly(again)))

	shown := shownLines([]byte(text))
	e := evidence{c: c, stdout: ending{lines: shown}, stderr: ending{lines: shown[len(shown)/2:]}}
	require.LessOrEqual(t, len(e.tail()), tailLines)
	hint := e.hint()
	require.True(t, hint == "" || strings.HasSuffix(hint, "."), hint)
}

func FuzzText(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	c := hone.Collection{Objective: "loss", Spec: hone.MetricsSpec{Record: []string{"accuracy", "val_loss", "P@1"}}}
	f.Fuzz(func(t *testing.T, text string) { readable(t, c, text) })
}

func FuzzJSON(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	c := hone.Collection{Objective: "loss", Spec: hone.MetricsSpec{Format: hone.FormatJSON, Record: []string{"accuracy", "val/accuracy"}}}
	f.Fuzz(func(t *testing.T, text string) { readable(t, c, text) })
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
		readable(t, hone.Collection{Objective: "loss", Spec: hone.MetricsSpec{Pattern: pattern}}, text)
	})
}

// FuzzTail reads a file that grows in three steps with a follower that starts anew at each.
func FuzzTail(f *testing.F) {
	for i, s := range seeds {
		f.Add(s+seeds[(i+1)%len(seeds)], uint(i*7), uint(i*3), i%2 == 0)
	}
	path := filepath.Join(f.TempDir(), "stdout")
	f.Fuzz(func(t *testing.T, text string, a, b uint, json bool) {
		c := hone.Collection{Objective: "loss", Spec: hone.MetricsSpec{Record: []string{"accuracy"}}, Emission: hone.Emission{Stdout: path}}
		if json {
			c.Spec.Format = hone.FormatJSON
		}
		_, once := readAll(t, c, text, len(text)+1)

		first := int(a % uint(len(text)+1))
		second := first + int(b%uint(len(text)-first+1))
		j := &journal{}
		c.Resume = func(string) []byte { return j.cursor }
		for _, to := range []int{first, second, len(text)} {
			require.NoError(t, os.WriteFile(path, []byte(text[:to]), 0o600))
			follower := newFollower(t, c, j)
			_, err := follower.poll(t.Context(), to == len(text))
			require.NoError(t, err)
			follower.close()
		}
		require.True(t, slices.Equal(plainly(once), j.ms))
	})
}
