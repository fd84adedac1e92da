package hone_test

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func at(metric string, step int64, value float64) hone.Measurement {
	return hone.Measurement{Metric: metric, Value: hone.Float(value), Step: &step}
}

func without(metric string, value float64) hone.Measurement {
	return hone.Measurement{Metric: metric, Value: hone.Float(value)}
}

// brief writes a curve as "loss@1=0.5".
func brief(ms []hone.Measurement) []string {
	out := []string{}
	for _, m := range ms {
		out = append(out, m.Metric+"@"+strconv.FormatInt(*m.Step, 10)+"="+m.Value.String())
	}
	return out
}

func TestACurve(t *testing.T) {
	type add struct {
		attempt int
		ms      []hone.Measurement
	}
	one := func(ms ...hone.Measurement) []add { return []add{{1, ms}} }
	for name, c := range map[string]struct {
		adds []add
		want []string
	}{
		"is ordered by metric, then step":                {one(at("b", 2, 1), at("a", 9, 2), at("b", 1, 3)), []string{"a@9=2", "b@1=3", "b@2=1"}},
		"gives the next step to what has none":           {one(without("a", 1), without("a", 2), without("b", 3), without("a", 4)), []string{"a@1=1", "a@2=2", "a@3=4", "b@1=3"}},
		"counts on from the newest step":                 {one(at("a", 7, 1), without("a", 2), at("a", 3, 3), without("a", 4)), []string{"a@3=3", "a@4=4", "a@7=1", "a@8=2"}},
		"keeps the newest reading of a step":             {one(at("a", 1, 1), at("a", 1, 2), at("a", 1, math.NaN())), []string{"a@1=NaN"}},
		"may go below zero":                              {one(at("a", -3, 1), without("a", 2)), []string{"a@-3=1", "a@-2=2"}},
		"stops counting at the largest step":             {one(at("a", math.MaxInt64, 1), without("a", 2)), []string{"a@9223372036854775807=2"}},
		"is emptied by a restart from the first step":    {[]add{{1, []hone.Measurement{at("a", 1, 1), at("a", 2, 2), at("b", 5, 3)}}, {2, []hone.Measurement{at("a", 1, 9)}}}, []string{"a@1=9"}},
		"is emptied by a restart without steps":          {[]add{{1, []hone.Measurement{without("a", 1), without("a", 2)}}, {2, []hone.Measurement{without("a", 9)}}}, []string{"a@1=9"}},
		"keeps what a resumed run left in place":         {[]add{{1, []hone.Measurement{at("a", 1, 1), at("a", 2, 2), at("a", 3, 3)}}, {2, []hone.Measurement{at("a", 2, 9)}}}, []string{"a@1=1", "a@2=9"}},
		"discards other metrics from that step too":      {[]add{{1, []hone.Measurement{at("a", 1, 1), at("b", 1, 2), at("b", 2, 3)}}, {2, []hone.Measurement{at("a", 2, 9)}}}, []string{"a@1=1", "a@2=9", "b@1=2"}},
		"discards further when an attempt goes back":     {[]add{{1, []hone.Measurement{at("a", 1, 1), at("a", 2, 2)}}, {2, []hone.Measurement{at("a", 3, 9), at("b", 2, 8)}}}, []string{"a@1=1", "a@3=9", "b@2=8"}},
		"keeps everything while an attempt says nothing": {[]add{{1, []hone.Measurement{at("a", 1, 1)}}, {2, nil}}, []string{"a@1=1"}},
		"discards over several attempts":                 {[]add{{1, []hone.Measurement{at("a", 1, 1), at("a", 2, 2), at("a", 3, 3)}}, {2, []hone.Measurement{at("a", 3, 7)}}, {3, []hone.Measurement{at("a", 2, 9)}}}, []string{"a@1=1", "a@2=9"}},
		"leaves out readings of a superseded attempt":    {[]add{{2, []hone.Measurement{at("a", 1, 1)}}, {1, []hone.Measurement{at("a", 1, 9), at("a", 2, 9)}}}, []string{"a@1=1"}},
	} {
		t.Run(name, func(t *testing.T) {
			curve := hone.NewCurve()
			for _, a := range c.adds {
				curve.Add(a.attempt, a.ms)
			}
			require.Equal(t, c.want, brief(curve.Readings("")))
		})
	}
}

func TestACurveOfOneMetric(t *testing.T) {
	curve := hone.NewCurve()
	curve.Add(1, []hone.Measurement{at("a", 1, 1), at("b", 1, 2), at("a", 2, 3)})
	require.Equal(t, []string{"a@1=1", "a@2=3"}, brief(curve.Readings("a")))
	require.Empty(t, curve.Readings("c"))
}

func TestADescendingAttemptCostsNoMoreThanAnAscendingOne(t *testing.T) {
	const n = 200_000 // looking at all points for each of them would take hours
	ms := make([]hone.Measurement, n)
	for i := range ms {
		ms[i] = at("a", int64(i)-2*n, 1)
	}
	curve := hone.NewCurve()
	curve.Add(1, ms)
	for i := range ms {
		ms[i] = at("a", int64(n-i), 2)
	}
	curve.Add(2, ms)
	require.Len(t, curve.Readings(""), 2*n)
}

// slowCurve is the rule, word for word: attempt by attempt, what is at or beyond the attempt's lowest step goes,
// then its readings come.
func slowCurve(attempts map[int][]hone.Measurement) []string {
	type key struct {
		metric string
		step   int64
	}
	points := map[key]hone.Measurement{}
	for attempt := 1; attempt <= len(attempts); attempt++ {
		last := map[string]int64{}
		var own []hone.Measurement
		for _, m := range attempts[attempt] {
			step := last[m.Metric] + 1
			if m.Step != nil {
				step = *m.Step
			}
			last[m.Metric] = step
			m.Step = &step
			own = append(own, m)
		}
		for k := range points {
			if slices.ContainsFunc(own, func(m hone.Measurement) bool { return *m.Step <= k.step }) {
				delete(points, k)
			}
		}
		for _, m := range own {
			points[key{m.Metric, *m.Step}] = m
		}
	}
	var all []hone.Measurement
	for _, m := range points {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b hone.Measurement) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(*a.Step, *b.Step))
	})
	return brief(all)
}

func anyReading(t *rapid.T) hone.Measurement {
	m := without(rapid.SampledFrom([]string{"loss", "accuracy"}).Draw(t, "metric"), float64(rapid.IntRange(0, 99).Draw(t, "value")))
	if rapid.Bool().Draw(t, "has step") {
		step := int64(rapid.IntRange(-2, 8).Draw(t, "step"))
		m.Step = &step
	}
	return m
}

func TestReadingsFollowTheRuleWhateverTheOrderOfBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempts := map[int][]hone.Measurement{}
		var batches []hone.Batch
		for attempt := 1; attempt <= rapid.IntRange(1, 3).Draw(t, "attempts"); attempt++ {
			attempts[attempt] = nil
			for sequence := 1; sequence <= rapid.IntRange(0, 4).Draw(t, "batches"); sequence++ {
				ms := rapid.SliceOfN(rapid.Custom(anyReading), 0, 4).Draw(t, "readings")
				attempts[attempt] = append(attempts[attempt], ms...)
				// the clock may jump: the sequence counts
				received := time.Unix(int64(rapid.IntRange(0, 3).Draw(t, "received")), 0)
				batches = append(batches, hone.Batch{Attempt: attempt, Source: "stdout", Sequence: int64(sequence), Received: received, Measurements: ms})
			}
		}
		shuffled := rapid.Permutation(batches).Draw(t, "order")
		before := written(t, shuffled)
		require.Equal(t, slowCurve(attempts), brief(hone.Readings(shuffled)))
		require.Equal(t, before, written(t, shuffled), "the batches are left as they were")
	})
}

func TestReadingsOfSeveralSourcesDoNotDependOnTheOrderOfBatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var batches []hone.Batch
		for _, source := range []string{"", "file", "push"} {
			for sequence := 1; sequence <= rapid.IntRange(0, 4).Draw(t, "batches"); sequence++ {
				batches = append(batches, hone.Batch{Attempt: 1 + sequence/3, Source: source, Sequence: int64(sequence),
					Received: time.Unix(int64(rapid.IntRange(0, 3).Draw(t, "received")), 0), Measurements: rapid.SliceOfN(rapid.Custom(anyReading), 1, 3).Draw(t, "readings")})
			}
		}
		want := brief(hone.Readings(batches))
		require.Equal(t, want, brief(hone.Readings(rapid.Permutation(batches).Draw(t, "order"))))
	})
}

func TestTheBatchThatWasReceivedLastWins(t *testing.T) {
	early := hone.Batch{Attempt: 1, Source: "z", Sequence: 1, Received: time.Unix(1, 0), Measurements: []hone.Measurement{at("a", 1, 1)}}
	late := hone.Batch{Attempt: 1, Source: "a", Sequence: 1, Received: time.Unix(2, 0), Measurements: []hone.Measurement{at("a", 1, 2)}}
	require.Equal(t, []string{"a@1=2"}, brief(hone.Readings([]hone.Batch{late, early})))
}
