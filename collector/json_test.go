package collector_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func TestJSONLines(t *testing.T) {
	json := hone.MetricsSpec{Format: hone.FormatJSON, Record: []string{"val/loss", "val.acc", "accuracy", "a_b", "10"}}
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for _, c := range []struct {
		name, text string
		want       []plain
	}{
		{"numbers", `{"loss": 0.3, "accuracy": 9e-1, "other": 1}` + "\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}}},
		{"no blanks, and a line feed of Windows", "{\"loss\":0.3}\r\n{\"loss\":-4}\r\n", []plain{{"loss", "0.3", none}, {"loss", "-4", none}}},
		{"step and epoch", `{"loss": 1, "step": 5, "epoch": 2}` + "\n" + `{"epoch": 3, "loss": 2}` + "\n", []plain{{"loss", "1", 5}, {"loss", "2", 3}}},
		{"a line with only a step", `{"step": 5}` + "\n" + `{"loss": 2}` + "\n", []plain{{"loss", "2", 5}}},
		{"a step as text", `{"loss": 1, "step": "7"}`, []plain{{"loss", "1", 7}}},
		{"fractions of epochs", `{"loss": 1, "epoch": 0.5}` + "\n" + `{"loss": 2, "epoch": 1.0}` + "\n", []plain{{"loss", "1", none}, {"loss", "2", none}}},
		{"nested objects", `{"val": {"loss": 0.3, "acc": 1}, "train": {"loss": 9}}`, []plain{{"val/loss", "0.3", none}, {"val.acc", "1", none}}},
		{"the outermost step", `{"val": {"step": 9, "loss": 1}, "step": 2}` + "\n" + `{"val": {"step": 9, "loss": 1}}` + "\n", []plain{{"val/loss", "1", 2}, {"val/loss", "1", 9}}},
		{"what Python writes for what is not finite", `{"loss": NaN, "accuracy": -Infinity}` + "\n" + `{"loss": Infinity}` + "\n", []plain{{"loss", "NaN", none}, {"accuracy", "-Infinity", none}, {"loss", "Infinity", none}}},
		{"numbers as text", `{"loss": "NaN", "accuracy": "0.5"}` + "\n" + `{"loss": "-inf"}` + "\n", []plain{{"loss", "NaN", none}, {"accuracy", "0.5", none}, {"loss", "-Infinity", none}}},
		{"what is no number", `{"loss": "low", "accuracy": true, "a_b": null, "10": [1, 2]}`, []plain{}},
		{"metric and value", `{"metric": "loss", "value": 0.3, "step": 4}` + "\n" + `{"value": 1, "name": "accuracy"}` + "\n", []plain{{"loss", "0.3", 4}, {"accuracy", "1", none}}},
		{"names with other characters", `{"a b": 1}`, []plain{{"a_b", "1", none}}},
		{"escapes", `{"lo\u0073s": 0.3, "msg": "a \"quoted\" \\ loss"}`, []plain{{"loss", "0.3", none}}},
		{"lines that are not JSON", "starting\n{\"loss\": 0.3\n{'loss': 1}\n[{\"loss\": 1}]\n{\"loss\": 1} x\n{\"loss\": 01x}\n{\"loss\" 1}\n{loss: 1}\n{\"loss\": 2}\n", []plain{{"loss", "2", none}}},
		{"a line that breaks off gives nothing", `{"loss": 1, "accuracy": 0.`, []plain{}},
		{"deeper than anybody nests", deep + "\n" + `{"loss": 1}`, []plain{{"loss", "1", none}}},
		{"a byte order mark and colours", "\ufeff{\"loss\": 1}\n\x1b[32m{\"loss\": 2}\x1b[0m\n", []plain{{"loss", "1", none}, {"loss", "2", none}}},
		{"a long line", `{"weights": [` + strings.Repeat("0.123456789, ", 50000) + `1], "loss": 0.3}` + "\n", []plain{{"loss", "0.3", none}}},
		{"a line that is too long is left out", `{"loss": 1, "weights": [` + strings.Repeat("0.123456789, ", 100000) + `1]}` + "\n" + `{"loss": 2}`, []plain{{"loss", "2", none}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", json), c.text)
			require.Equal(t, c.want, plainly(got))
		})
	}
}

func TestJSONTimes(t *testing.T) {
	at := time.Date(2024, 1, 2, 10, 11, 12, 500e6, time.UTC)
	for _, c := range []struct {
		name, member string
		want         time.Time
	}{
		{"none", `"x": 1`, epoch},
		{"RFC 3339", `"time": "2024-01-02T10:11:12.5Z"`, at},
		{"with an offset", `"timestamp": "2024-01-02T12:11:12.5+02:00"`, at},
		{"with a blank", `"timestamp": "2024-01-02 12:11:12.5+02:00"`, at},
		{"seconds", `"timestamp": 1704190272.5`, at},
		{"milliseconds", `"time": 1704190272500`, at},
		{"microseconds", `"time": 1704190272500000`, at},
		{"nanoseconds", `"time": 1704190272500000000`, at},
		{"no zone", `"time": "2024-01-02T10:11:12"`, epoch},
		{"a duration", `"time": 12.5`, epoch},
		{"a year that no calendar has", `"time": "0000-01-02T10:11:12Z"`, epoch},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", hone.MetricsSpec{Format: hone.FormatJSON}), `{"loss": 1, `+c.member+"}")
			require.Len(t, got, 1)
			require.WithinDuration(t, c.want, got[0].Time, time.Microsecond)
		})
	}
}

func TestADurationCalledTimeIsAReadingToo(t *testing.T) {
	got, _ := collectText(t, spec("time", hone.MetricsSpec{Format: hone.FormatJSON}), `{"time": 12.5}`)
	require.Equal(t, []plain{{"time", "12.5", none}}, plainly(got))
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		name, pattern, text string
		want                []plain
	}{
		{"name and value", `(?P<name>\w+) is (?P<value>\S+)`, "loss is 0.3 and accuracy is 0.9\n", []plain{{"loss", "0.3", none}, {"accuracy", "0.9", none}}},
		{"a step of each match", `(?P<step>\d+):(?P<name>\w+)=(?P<value>\S+)`, "1:loss=0.3 2:loss=0.4\n", []plain{{"loss", "0.3", 1}, {"loss", "0.4", 2}}},
		{"a step of the line", `round (?P<step>\d+)|(?P<name>\w+)=(?P<value>\S+)`, "round 7 loss=0.3\nround 8\nloss=0.2\n", []plain{{"loss", "0.3", 7}, {"loss", "0.2", 8}}},
		{"without the group, there are no steps", `(?P<name>\w+) is (?P<value>\S+)`, "epoch=3 loss is 0.3\n", []plain{{"loss", "0.3", none}}},
		{"the cleaned line", `^(?P<name>\w+) is (?P<value>\S+)$`, "\x1b[1mloss\x1b[0m is\x1b[32m 0.3\x1b[0m\r\n", []plain{{"loss", "0.3", none}}},
		{"what is not finite", `(?P<name>\w+) is (?P<value>\S+)`, "loss is -Inf, loss is +nan\n", []plain{{"loss", "-Infinity", none}, {"loss", "NaN", none}}},
		{"what is no number", `(?P<name>\w+) is (?P<value>\S+)`, "loss is low\nloss is 0.3\n", []plain{{"loss", "0.3", none}}},
		{"a step that is no number", `(?P<name>\w+)=(?P<value>\S+) at (?P<step>\S+)`, "loss=1 at noon\n", []plain{{"loss", "1", none}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", hone.MetricsSpec{Pattern: c.pattern, Record: []string{"accuracy"}}), c.text)
			require.Equal(t, c.want, plainly(got))
		})
	}
}

func TestMistakesInTheSpecAreErrors(t *testing.T) {
	for name, m := range map[string]hone.MetricsSpec{
		"a pattern that is none":     {Pattern: "("},
		"a pattern without a group":  {Pattern: "(?P<name>x)"},
		"a format that is not known": {Format: "xml"},
	} {
		t.Run(name, func(t *testing.T) {
			c := spec("loss", m)
			c.Emission.Stdout = write(t, "")
			_, err := newCollector().Collect(t.Context(), c, closed(), (&store{}).sink)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}
