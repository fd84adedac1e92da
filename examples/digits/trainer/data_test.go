package trainer

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSplitIsStratifiedAndSharesNoImage(t *testing.T) {
	d, err := Load()
	require.NoError(t, err)
	require.Equal(t, []int{905, 447, 445}, []int{len(d.Train), len(d.Validation), len(d.Test)})

	owners := map[*float64]string{}
	for name, part := range map[string][]example{"train": d.Train, "validation": d.Validation, "test": d.Test} {
		var count [classes]int
		for _, e := range part {
			require.Empty(t, owners[&e.image[0]], "an image of %s", name)
			owners[&e.image[0]] = name
			count[e.digit]++
		}
		for digit, n := range count {
			require.InDelta(t, float64(len(part))/classes, n, 5, "digit %d in %s", digit, name)
		}
	}
	require.Equal(t, 1797, len(owners))
}

func TestParseDigitsRefusesWhatIsNoImage(t *testing.T) {
	row := strings.Repeat("0,", pixels)
	for name, c := range map[string]struct{ text, message string }{
		"a pixel beyond 16": {"17," + row[2:] + "3", `line 1: "17" is no pixel`},
		"a letter":          {row + "3\nx," + row[2:] + "3", `line 2: "x" is no pixel`},
		"a digit of 10":     {row + "10", `"10" is no digit`},
		"a short line":      {"1,2,3", "wrong number of fields"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, err := w.Write([]byte(c.text))
			require.NoError(t, err)
			require.NoError(t, w.Close())
			_, err = parseDigits(b.Bytes())
			require.ErrorContains(t, err, c.message)
		})
	}
	_, err := parseDigits([]byte("no gzip"))
	require.Error(t, err)
}
