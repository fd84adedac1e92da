package hone_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
)

func TestValuesKeepTheirTypeInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Map(rapid.Float64(), hone.Number), rapid.Map(rapid.Bool(), hone.Bool),
			rapid.Map(rapid.String(), hone.String), rapid.SampledFrom([]hone.Value{hone.String("1"), hone.String("true"), hone.Number(1), {}}),
		).Draw(t, "v")
		data, err := json.Marshal(v)
		require.NoError(t, err)
		var back hone.Value
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, v, back)
	})
}

func TestValuesAsTheProgramSeesThem(t *testing.T) {
	for want, v := range map[string]hone.Value{
		"0.1": hone.Number(0.1), "16": hone.Number(16), "0": hone.Number(math.Copysign(0, -1)), "0.000001": hone.Number(1e-6),
		"9e-7": hone.Number(9e-7), "100000000000000000000": hone.Number(1e20), "1e+21": hone.Number(1e21), "-2.5": hone.Number(-2.5),
		"true": hone.Bool(true), "it's \"x\"": hone.String(`it's "x"`), "": {}, "NaN": hone.Number(math.NaN()), "-Infinity": hone.Number(math.Inf(-1)),
	} {
		require.Equal(t, want, v.String())
	}
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64().Draw(t, "x")
		back, err := strconv.ParseFloat(hone.Number(x).String(), 64)
		require.NoError(t, err)
		require.True(t, x == back)
	})
}

func TestANumberThatIsNotFiniteTravelsAsText(t *testing.T) {
	for text, x := range map[string]float64{`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1), "0.5": 0.5} {
		data, err := json.Marshal(hone.Float(x))
		require.NoError(t, err)
		require.Equal(t, text, string(data))
		var back hone.Float
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, math.Float64bits(x) == math.Float64bits(float64(back)), !math.IsNaN(x) || math.IsNaN(float64(back)))
		require.Equal(t, hone.Float(x).Finite(), back.Finite())
	}
	for _, text := range []string{`"nan"`, "null", "true", "1e999", `"1"`, "[1]"} { // null above all is not 0
		var f hone.Float
		require.Error(t, json.Unmarshal([]byte(text), &f), text)
	}
}

func TestDurationsReadWell(t *testing.T) {
	for want, text := range map[string]string{"30m": "1800s", "2h": "120m", "1h30m": "90m", "1h0m5s": "3605s", "0s": "0", "1m30s": "90s", "-2m": "-120s"} {
		var d hone.Duration
		require.NoError(t, d.UnmarshalText([]byte(text)))
		require.Equal(t, want, d.String())
	}
	rapid.Check(t, func(t *rapid.T) {
		d := hone.Duration(rapid.Int64().Draw(t, "d"))
		var back hone.Duration
		require.NoError(t, back.UnmarshalText([]byte(d.String())))
		require.Equal(t, d, back)
	})
}

func TestImprovements(t *testing.T) {
	for text, want := range map[string]hone.Improvement{
		"0": {}, "0.001": {Amount: 0.001}, `"0.1%"`: {Amount: 0.001, Relative: true}, `" 50% "`: {Amount: 0.5, Relative: true},
	} {
		var i hone.Improvement
		require.NoError(t, json.Unmarshal([]byte(text), &i))
		require.Equal(t, want, i)
		data, err := json.Marshal(i)
		require.NoError(t, err)
		var back hone.Improvement
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, want, back)
	}
	for _, text := range []string{"-1", `"-1%"`, `"0.1"`, `"x%"`, "true", `"NaN%"`, `"Inf%"`, "[]"} {
		var i hone.Improvement
		require.Error(t, json.Unmarshal([]byte(text), &i), text)
	}
}

func TestWhatIsMeantByAMisspeltWord(t *testing.T) {
	known := []string{"parallelism", "trial", "stop", "lr", "é", "max"}
	for word, want := range map[string]string{
		"paralelism": "parallelism", "parallelsim": "parallelism", "trail": "trial", "trials": "trial", "lrr": "lr",
		"stpo": "stop", "e": "", "és": "é", "something": "", "": "", "x": "", "mix": "max", "parallelismparallelism": "",
	} {
		require.Equal(t, want, hone.Nearest(word, known), word)
	}
}

func TestReadingANumberLeavesTheRestOfTheDocumentAlone(t *testing.T) {
	for _, number := range []string{"1.5", "-2", `"NaN"`} {
		document := []byte(number + `,"next": 1`)
		var f hone.Float
		require.NoError(t, f.UnmarshalJSON(document[:len(number)]))
		require.Equal(t, number+`,"next": 1`, string(document))
	}
}
