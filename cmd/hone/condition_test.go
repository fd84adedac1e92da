package main

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestConditions(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		text string
		cell cell
		want bool
	}{
		{"lr<0.01", floatCell(0.001), true},
		{"lr<0.01", floatCell(0.01), false},
		{"lr <= 1e-2", floatCell(0.01), true},
		{"lr>=0.01", floatCell(0.01), true},
		{"lr>0.01", floatCell(0.01), false},
		{"lr=0.010", floatCell(0.01), true},
		{"lr==0.01", floatCell(0.01), true},
		{"lr!=0.01", floatCell(0.01), false},
		{"lr<0.01", cell{}, false},
		{"lr>=0.01", cell{}, false},
		{"lr=", cell{}, true},
		{"lr=", floatCell(1), false},
		{"lr!=", floatCell(1), true},
		{"lr!=1", cell{}, true},
		{"loss=NaN", floatCell(hone.Float(math.NaN())), true},
		{"loss>0", floatCell(hone.Float(math.NaN())), false},
		{"loss<NaN", floatCell(1), false},
		{"loss<Infinity", floatCell(1), true},
		{"optimizer=adam", textCell("adam"), true},
		{"optimizer='adam'", textCell("adam"), true},
		{`optimizer=" a=b "`, textCell(" a=b "), true},
		{"state=succeeded", stateCell("Succeeded", ""), true},
		{"optimizer!=adam", textCell("sgd"), true},
		{"optimizer<b", textCell("adam"), true},
		{"optimizer<3", textCell("adam"), false},
		{"lr<abc", floatCell(1), false},
		{"duration>30s", durationCell(time.Minute), true},
		{"duration>30", durationCell(time.Minute), true},
		{"duration<1m", durationCell(time.Minute), false},
		{"age>1d", durationCell(25 * time.Hour), true},
		{"start>2026-03-01", timeCell(&at), true},
		{"start<2026-03-01T12:00:01Z", timeCell(&at), true},
	} {
		c, err := parseCondition(tt.text)
		require.NoError(t, err, tt.text)
		require.Equal(t, tt.want, c.holds(tt.cell), "%s of %+v", tt.text, tt.cell)
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	for _, text := range []string{"", "lr", "lr 0.1", "=1", " <1", "lr<", "lr>= ", "lr!0"} {
		_, err := parseCondition(text)
		require.Error(t, err, text)
		require.Equal(t, exitUsage, exitCode(err), text)
	}
}

// TestAConditionAndItsOpposite holds for every number.
func TestAConditionAndItsOpposite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64().Draw(t, "x"), rapid.Float64().Draw(t, "y")
		for op, opposite := range map[string]string{"<": ">=", ">": "<=", "=": "!="} {
			value := hone.Float(y).String()
			a, err := parseCondition("a" + op + value)
			require.NoError(t, err)
			b, err := parseCondition("a" + opposite + value)
			require.NoError(t, err)
			require.NotEqual(t, a.holds(floatCell(hone.Float(x))), b.holds(floatCell(hone.Float(x))), "%v %s %v", x, op, y)
		}
	})
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{"lr<0.01", "a=b", "a='b'", `a="'"`, "a!=", "==", "x<=NaN", "ü>é", "a=\"", "a=''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCondition(s)
		if err != nil {
			return
		}
		again, err := parseCondition(c.String())
		if err != nil || again != c {
			t.Fatalf("%q is read as %+v, written as %q and then read as %+v (%v)", s, c, c.String(), again, err)
		}
		for _, x := range []cell{{}, textCell(s), floatCell(1), durationCell(time.Second)} {
			if c.operator == "=" || c.operator == "!=" {
				continue
			}
			if x.full == "" && c.holds(x) {
				t.Fatalf("%q holds of nothing", s)
			}
		}
		_ = strings.ToUpper(c.column)
	})
}
