package problems

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// whole is how many configurations a table has.
const whole = 62208

// file writes a table, or its beginning. A configuration's results are its number and three more, except for the last, the best.
func file(most int) []byte {
	var b bytes.Buffer
	columns := tableColumns()
	size := 1
	for _, c := range columns {
		b.WriteString(c.name + ",")
		size *= c.choices()
	}
	b.WriteString("valid_mse_seed0,valid_mse_seed1,valid_mse_seed2,valid_mse_seed3\n")
	for n := range min(size, most) {
		rest, digits := n, make([]int, len(columns))
		for i := len(columns) - 1; i >= 0; i-- {
			digits[i] = rest % columns[i].choices()
			rest /= columns[i].choices()
		}
		for _, k := range digits {
			fmt.Fprintf(&b, "%d,", k)
		}
		v := n + 10
		if n == size-1 {
			v = 1
		}
		fmt.Fprintf(&b, "%d,%d,%d,%d\n", v-1, v, v+1, v+4)
	}
	return b.Bytes()
}

func TestTables(t *testing.T) {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestSpeed)
	require.NoError(t, err)
	_, err = w.Write(file(whole))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	dir := t.TempDir()
	for _, f := range tableFiles() {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.file), z.Bytes(), 0o600))
	}
	all, err := tableProblems(dir)
	require.NoError(t, err)
	require.Len(t, all, 12)
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range all {
		require.Equal(t, 2.0, p.Optimum)
		require.Equal(t, 2.0, p.Value(p.Best))
		require.InDelta(t, whole/2+10.5, p.Typical(), 1)
		require.Equal(t, float64(whole), p.Space.Size())
		first := p.Space.FromUnit(make([]float64, p.Space.Len()))
		require.Equal(t, 11.0, p.Value(first))
		seen := map[float64]bool{}
		for range 100 {
			seen[p.Observe(first, rng)] = true
		}
		if strings.HasSuffix(p.Name, "-noisy") {
			require.Equal(t, map[float64]bool{9: true, 10: true, 11: true, 14: true}, seen)
		} else {
			require.Equal(t, map[float64]bool{11: true}, seen)
		}
	}
	// The last column changes fastest: its second choice is the second configuration.
	values, err := Find(all, "naval-values")
	require.NoError(t, err)
	second := values[0].Space.FromUnit([]float64{0, 0, 0, 0, 0, 0, 0, 0, 0.2})
	n, _ := second.Get("n_units_2")
	require.Equal(t, hone.Number(32), n)
	require.Equal(t, 12.0, values[0].Value(second))
}

func TestTablesThatAreDamaged(t *testing.T) {
	some := string(file(2000))
	lines := strings.SplitAfter(some, "\n")
	for name, text := range map[string]string{
		"empty":         "",
		"another table": strings.Replace(some, "activation_fn_1", "activation", 1),
		"cut off":       strings.Join(lines[:1000], ""),
		"a line twice":  strings.Join(append(lines[:10:10], lines[9:]...), ""),
		"no number":     strings.Replace(some, "9,10,11,14", "9,10,11,none", 1),
		"no choice":     strings.Replace(some, "\n0,0,", "\n2,0,", 1),
		"short line":    strings.Replace(some, "9,10,11,14", "9,10,11", 1),
	} {
		_, err := parseTable(strings.NewReader(text))
		require.ErrorIs(t, err, hone.DataLoss, name)
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add(string(file(20)))
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := parseTable(strings.NewReader(text)); err != nil {
			require.ErrorIs(t, err, hone.DataLoss)
		}
	})
}
