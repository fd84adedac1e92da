package wiretest_test

import (
	"math"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSameFindsEveryDifference(t *testing.T) {
	one, now := hone.Float(1), time.Unix(1, 0).UTC()
	different := map[string][2]any{
		"a type":        {1, int64(1)},
		"nothing":       {nil, 1},
		"a text":        {"a", "a\x00"},
		"a zero's sign": {hone.Float(0), hone.Float(math.Copysign(0, -1))},
		"a NaN":         {hone.Float(math.NaN()), hone.Float(0)},
		"a value":       {hone.Number(1), hone.String("1")},
		"an instant":    {now, now.Add(1)},
		"a zone":        {now, now.In(time.FixedZone("", 3600))},
		"a field":       {hone.Name{Name: "a"}, hone.Name{Name: "b"}},
		"a pointer":     {&one, (*hone.Float)(nil)},
		"a pointee":     {hone.Trial{Value: &one}, hone.Trial{Value: new(hone.Float)}},
		"a length":      {[]int{1}, []int{1, 2}},
		"an item":       {[]int{1, 3}, []int{1, 2}},
		"a key":         {map[string]int{"a": 1}, map[string]int{"b": 1}},
		"an entry":      {map[string]int{"a": 1}, map[string]int{"a": 2}},
		"a size":        {map[string]int{"a": 1}, map[string]int{}},
	}
	for name, pair := range different {
		require.NotEmpty(t, wiretest.Same(pair[0], pair[1]), name)
	}
	require.Empty(t, wiretest.Same([]int(nil), []int{}))
	require.Empty(t, wiretest.Same(hone.Float(math.NaN()), hone.Float(-math.NaN())))
}

func TestWhatIsDrawnIsLikeItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := wiretest.Draw[hone.Experiment](t, "experiment")
		require.Empty(t, wiretest.Same(e, e))
		c := e
		c.Status.Events++
		require.NotEmpty(t, wiretest.Same(e, c))
	})
}
