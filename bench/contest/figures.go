package contest

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/hone-tuner/hone"
)

// Figures are numbers that are written with five digits. What repeats is written once, with how often: 1, 0.5,
// 0.5, 0.5 are [1,[0.5,3]].
type Figures []float64

// MarshalJSON writes a list; what is not finite cannot be written.
func (f Figures) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i := 0; i < len(f); {
		x := f[i]
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, hone.Errorf(hone.Internal, "figure %d is %g", i, x)
		}
		if i > 0 {
			b = append(b, ',')
		}
		next := i + 1
		for next < len(f) && f[next] == x {
			next++
		}
		b = appendRun(b, x, next-i)
		i = next
	}
	return append(b, ']'), nil
}

func appendRun(b []byte, x float64, times int) []byte {
	if times == 1 {
		return strconv.AppendFloat(b, x, 'g', 5, 64)
	}
	b = strconv.AppendFloat(append(b, '['), x, 'g', 5, 64)
	return append(strconv.AppendInt(append(b, ','), int64(times), 10), ']')
}

// longest is the most numbers that a list is believed to have.
const longest = 1 << 20

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Figures) UnmarshalJSON(data []byte) error {
	var runs []json.RawMessage
	if err := json.Unmarshal(data, &runs); err != nil {
		return err
	}
	*f = make(Figures, 0, len(runs))
	for _, raw := range runs {
		run, times := [2]float64{0, 1}, 1
		var err error
		if raw[0] == '[' {
			err = json.Unmarshal(raw, &run)
			times = int(run[1])
		} else {
			err = json.Unmarshal(raw, &run[0])
		}
		if err != nil {
			return err
		}
		if float64(times) != run[1] || times < 1 || len(*f)+times > longest {
			return hone.Errorf(hone.InvalidArgument, "%s is not a figure and how often it is there", raw)
		}
		for range times {
			*f = append(*f, run[0])
		}
	}
	return nil
}
