package promtext_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/collector/promtext"
)

// sample is a Sample that can be kept.
type sample struct {
	series string
	value  float64
	unix   int64 // milliseconds; 0 for none
}

func read(t require.TestingT, text string) (all []sample) {
	require.NoError(t, promtext.Read(iotest.OneByteReader(strings.NewReader(text)), func(s promtext.Sample) {
		one := sample{series: string(s.Name), value: s.Value}
		for _, l := range s.Labels {
			one.series += " " + string(l.Name) + "=" + string(l.Value)
		}
		if !s.Time.IsZero() {
			one.unix = s.Time.UnixMilli()
		}
		all = append(all, one)
	}))
	return all
}

func TestLinesThatAreSamples(t *testing.T) {
	for line, want := range map[string]sample{
		"loss 0.3":                            {"loss", 0.3, 0},
		"loss 0.3\r":                          {"loss", 0.3, 0},
		"  loss\t3e-1  ":                      {"loss", 0.3, 0},
		"loss +Inf":                           {"loss", math.Inf(1), 0},
		"loss -Inf":                           {"loss", math.Inf(-1), 0},
		"loss 0.3 1700000000123":              {"loss", 0.3, 1700000000123},
		"loss 0.3 1700000000.123":             {"loss", 0.3, 1700000000123},
		"loss 0.3 # {trace=\"x\"} 1":          {"loss", 0.3, 0},
		`loss{phase="val"} 0.3`:               {"loss phase=val", 0.3, 0},
		`loss{phase="val",} 0.3`:              {"loss phase=val", 0.3, 0},
		`loss { a = "1" , b="2" } 0.3`:        {"loss a=1 b=2", 0.3, 0},
		`loss{a="}\"\\\n x"} 0.3`:             {"loss a=}\"\\\n x", 0.3, 0},
		`loss{} 0.3`:                          {"loss", 0.3, 0},
		`{"loss.val",phase="x"} 0.3`:          {"loss.val phase=x", 0.3, 0},
		`job:loss:mean5m 1`:                   {"job:loss:mean5m", 1, 0},
		`loss_bucket{le="+Inf"} 17 1`:         {"loss_bucket le=+Inf", 17, 1000},
		`loss{a="1"}0.3`:                      {"loss a=1", 0.3, 0},
		"# HELP loss 0.3":                     {},
		"loss":                                {},
		"loss ":                               {},
		"loss x":                              {},
		"loss 0.3 x":                          {},
		`loss{a="1" 0.3`:                      {},
		`loss{a=1} 0.3`:                       {},
		`loss{a} 0.3`:                         {},
		`loss{"other"} 0.3`:                   {},
		`{a="1"} 0.3`:                         {},
		"0.3":                                 {},
		"<html><body>":                        {},
		"{":                                   {},
		`loss{a="` + strings.Repeat("x", 1e5): {},
	} {
		got := read(t, line)
		if want == (sample{}) {
			require.Empty(t, got, line)
			continue
		}
		require.Equal(t, []sample{want}, got, line)
		require.Equal(t, []sample{want, {"next", 1, 0}}, read(t, line+"\nnext 1\n"), line)
	}
}

func TestALineThatIsTooLongIsPassedOver(t *testing.T) {
	require.Equal(t, []sample{{"a", 1, 0}, {"b", 2, 0}}, read(t, "a 1\nx"+strings.Repeat("y", 200_000)+" 1\nb 2"))
}

func TestABrokenReaderIsAnError(t *testing.T) {
	broken := errors.New("broken")
	require.ErrorIs(t, promtext.Read(iotest.ErrReader(broken), func(promtext.Sample) {}), broken)
}

// TestWhatPrometheusWritesIsRead compares with what the library of Prometheus exposes.
func TestWhatPrometheusWritesIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		registry := prometheus.NewRegistry()
		var want []sample
		value := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), 0, 1e300}))
		vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "loss", Help: rapid.String().Draw(t, "help")}, []string{"a", "b"})
		registry.MustRegister(vec)
		labels := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string { return strings.ToValidUTF8(rapid.String().Draw(t, "text"), "") }), 0, 5, rapid.ID)
		for _, text := range labels.Draw(t, "labels") {
			x := value.Draw(t, "value")
			vec.WithLabelValues(text, "b").Set(x)
			want = append(want, sample{"loss a=" + text + " b=b", x, 0})
		}
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, format := range []expfmt.Format{expfmt.NewFormat(expfmt.TypeTextPlain), expfmt.NewFormat(expfmt.TypeOpenMetrics)} {
			var out bytes.Buffer
			enc := expfmt.NewEncoder(&out, format)
			for _, f := range families {
				require.NoError(t, enc.Encode(f))
			}
			require.ElementsMatch(t, want, read(t, out.String()), out.String())
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add("loss{a=\"b\"} 0.3 17\n")
	f.Add("{\"loss\"} NaN # {} 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range read(t, text) {
			require.NotEmpty(t, s.series)
		}
	})
}
