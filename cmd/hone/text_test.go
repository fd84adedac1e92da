package main

import (
	"math"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCleanLeavesNothingThatMovesTheCursor(t *testing.T) {
	require.Equal(t, `a\nb\x1b[2J\u202eü 漢`, clean("a\nb\x1b[2J\u202eü 漢"))
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range clean(rapid.String().Draw(t, "text")) {
			require.False(t, unprintable(r))
		}
	})
}

func TestTheNameOfAFactIsMadePlain(t *testing.T) {
	var d description
	d.add("a\x1b[2J", "%d\x1b[2J", 1)
	d.add("long name", "%d", 2)
	require.Equal(t, `a\x1b[2J:   1\x1b[2J`+"\n"+`long name:  2`+"\n", d.String())
}

func TestALineIsNeverWiderThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l line
		for range rapid.IntRange(0, 4).Draw(t, "spans") {
			l.add(rapid.SampledFrom([]style{plain, bold, red}).Draw(t, "style"), rapid.String().Draw(t, "text"))
		}
		width := rapid.IntRange(0, 60).Draw(t, "width")
		k := look{colour: rapid.Bool().Draw(t, "colour"), unicode: rapid.Bool().Draw(t, "unicode")}
		require.LessOrEqual(t, text.StringWidthWithoutEscSequences(l.render(width, k)), width)
	})
}

func TestSparkline(t *testing.T) {
	floats := func(xs ...float64) (out []hone.Float) {
		for _, x := range xs {
			out = append(out, hone.Float(x))
		}
		return out
	}
	nan := hone.Float(math.NaN())
	for name, c := range map[string]struct {
		curve   []hone.Float
		unicode bool
		want    string
	}{
		"from the lowest to the highest":      {floats(0, 1, 2, 3, 4, 5, 6, 7), true, "▁▂▃▄▅▆▇█"},
		"in ASCII":                            {floats(0, 1, 2, 3, 4, 5, 6, 7), false, "_.-:=+*#"},
		"nothing":                             {nil, true, ""},
		"one reading stands in the middle":    {floats(3), true, "▅"},
		"a constant stands in the middle":     {floats(2, 2, 2), true, "▅▅▅"},
		"what is not finite is left out":      {append(floats(0, 7), nan), true, "▁█"},
		"a long curve is shown by its means":  {floats(0, 0, 0, 7, 7, 7, 0, 7, 0, 7, 0, 7, 7, 7, 7, 0, 0, 0, 7, 7, 7, 0, 0, 0), true, "▁█▃▆█▁█▁"},
		"the range of doubles does not break": {floats(-1.7e308, 1.7e308), true, "▁█"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, sparkline(c.curve, 8, c.unicode))
		})
	}
}

func TestDurationsAreTheSameEverywhere(t *testing.T) {
	for d, want := range map[time.Duration]string{
		340 * time.Millisecond: "340ms", 6280 * time.Millisecond: "6.3s", 250 * time.Second: "4m10s", 76 * time.Hour: "76h",
	} {
		require.Equal(t, want, durationCell(d).shown())
		require.Equal(t, want, wire.Duration(d))
		require.Contains(t, plainLine(hone.Experiment{}, &endedTrial{took: d}), " "+want)
	}
	require.Equal(t, "6s", clock(6990*time.Millisecond))
	require.Equal(t, "990ms", clock(990*time.Millisecond))
	require.Equal(t, "1h2m3s", clock(time.Hour+2*time.Minute+3900*time.Millisecond))
}

func TestDigits(t *testing.T) {
	for x, want := range map[float64]string{0.00083121: "0.00083121", 1.0 / 3: "0.333333", 128: "128", 1234567: "1234567", 1e-7: "1e-07", 2.5e300: "2.5e+300"} {
		require.Equal(t, want, digits(x))
	}
}

func TestUTF8Locale(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return func(name string) string { return m[name] }
	}
	require.True(t, utf8Locale(env("LANG", "de_DE.UTF-8")))
	require.True(t, utf8Locale(env("LC_ALL", "C.utf8", "LANG", "C")))
	require.False(t, utf8Locale(env("LC_ALL", "C", "LANG", "de_DE.UTF-8")))
	require.False(t, utf8Locale(env()))
}

func TestQuoteWord(t *testing.T) {
	require.Equal(t, `--lr=0.1`, quoteWord("--lr=0.1"))
	require.Equal(t, `'a b'`, quoteWord("a b"))
	require.Equal(t, `'it'\''s'`, quoteWord("it's"))
	require.Equal(t, `''`, quoteWord(""))
}
