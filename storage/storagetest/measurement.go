package storagetest

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func measurements() []testCase {
	return []testCase{
		{"readings come back as they were, whatever they are", readingsAsTheyWere},
		{"a batch counts once however often it is sent", batchesCountOnce},
		{"a batch that skips ahead is told what is missing", batchesInOrder},
		{"without a number a batch gets the next one", batchesUnnumbered},
		{"each attempt and source counts for itself", sourcesCountApart},
		{"the cursor is that of the newest batch", newestCursor},
		{"an empty batch without a number leaves no trace", emptyBatch},
		{"a batch that is out of bounds is refused", unfitBatches},
		{"nothing of a batch is shared with the caller", batchesAreCopies},
	}
}

func readingsAsTheyWere(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	var want []hone.Measurement
	for _, v := range []float64{0, math.Copysign(0, -1), 1.0 / 3, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64} {
		for _, step := range []*int64{nil, ptr(int64(0)), ptr(int64(-5)), ptr(int64(math.MaxInt64)), ptr(int64(math.MinInt64))} {
			for _, at := range []time.Time{{}, epoch(), time.Date(1969, 1, 1, 0, 0, 0, 999999999, time.UTC)} {
				want = append(want, hone.Measurement{Metric: "m/" + at.Month().String(), Value: hone.Float(v), Step: step, Time: at})
			}
		}
	}
	b := hone.Batch{Number: number, Attempt: 1, Source: "stdout", Sequence: 1, Cursor: []byte{0, 255}, Received: epoch(), Measurements: want}
	next, err := d.append(b)
	require.NoError(t, err)
	require.Equal(t, int64(2), next)
	got := d.batches(number)
	require.Len(t, got, 1)
	require.Equal(t, len(want), len(got[0].Measurements))
	for i, m := range got[0].Measurements {
		require.Equal(t, math.Float64bits(float64(want[i].Value)), math.Float64bits(float64(m.Value)))
		require.Equal(t, want[i].Time, m.Time)
		require.Equal(t, want[i].Step, m.Step)
		require.Equal(t, want[i].Metric, m.Metric)
	}
	got[0].Measurements, b.Measurements = nil, nil
	require.Equal(t, b, got[0])
}

func batchesCountOnce(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	for sequence := int64(1); sequence <= 5; sequence++ {
		b := hone.Batch{Number: number, Attempt: 1, Sequence: sequence, Measurements: readings("loss", int(sequence)*10, 3)}
		for range 3 {
			next, err := d.append(b)
			require.NoError(t, err)
			require.Equal(t, sequence+1, next)
		}
		b.Sequence = 1
		next, err := d.append(b)
		require.NoError(t, err, "an old one is acknowledged too")
		require.Equal(t, sequence+1, next)
	}
	require.Len(t, d.batches(number), 5)
	require.Len(t, hone.Readings(d.batches(number)), 15)
}

func batchesInOrder(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	for sequence := int64(1); sequence <= 3; sequence++ {
		_, err := d.append(hone.Batch{Number: number, Attempt: 1, Sequence: sequence + 1, Measurements: readings("loss", 1, 1)})
		var wrong *hone.SequenceError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, hone.SequenceError{Expected: sequence, Got: sequence + 1}, *wrong)
		require.ErrorIs(t, err, hone.Conflict)
		_, err = d.append(hone.Batch{Number: number, Attempt: 1, Sequence: sequence, Measurements: readings("loss", 1, 1)})
		require.NoError(t, err)
	}
	require.Len(t, d.batches(number), 3)
}

func batchesUnnumbered(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	for want := int64(2); want < 6; want++ {
		next, err := d.append(hone.Batch{Number: number, Attempt: 1, Measurements: readings("loss", int(want), 1)})
		require.NoError(t, err)
		require.Equal(t, want, next)
	}
	next, err := d.append(hone.Batch{Number: number, Attempt: 1, Sequence: 5, Measurements: readings("loss", 9, 1)})
	require.NoError(t, err)
	require.Equal(t, int64(6), next)
}

func sourcesCountApart(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	first, second := d.start(), d.start()
	sources := []string{"", "a", "ab", "b", "\xff", strings.Repeat("x", 255)}
	const want = 4
	for _, number := range []int{first, second} {
		for attempt := 1; attempt <= 2; attempt++ {
			for i, source := range sources {
				for range want {
					_, err := d.append(hone.Batch{Number: number, Attempt: attempt, Source: source, Cursor: []byte{byte(i)}, Measurements: readings("loss", 1, 1)})
					require.NoError(t, err)
				}
				sequence, cursor, err := s.Cursor(ctx, d.uid, number, attempt, source)
				require.NoError(t, err)
				require.Equal(t, int64(want), sequence)
				require.Equal(t, []byte{byte(i)}, cursor)
			}
		}
		require.Len(t, d.batches(number), 2*len(sources)*want)
	}
	for _, source := range []string{"aa", "c", "x"} {
		sequence, cursor, err := s.Cursor(ctx, d.uid, first, 1, source)
		require.NoError(t, err)
		require.Zero(t, sequence)
		require.Nil(t, cursor)
	}
	sequence, _, err := s.Cursor(ctx, d.uid, first, 3, "a")
	require.NoError(t, err)
	require.Zero(t, sequence)
}

func newestCursor(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	number := d.start()
	for i := range 260 { // over a byte's worth of numbers
		_, err := d.append(hone.Batch{Number: number, Attempt: 1, Source: "stdout", Cursor: []byte{byte(i), byte(i >> 8)}})
		require.NoError(t, err)
	}
	sequence, cursor, err := s.Cursor(ctx, d.uid, number, 1, "stdout")
	require.NoError(t, err)
	require.Equal(t, int64(260), sequence)
	require.Equal(t, []byte{3, 1}, cursor)
	cursor[0] = 99
	_, cursor, err = s.Cursor(ctx, d.uid, number, 1, "stdout")
	require.NoError(t, err)
	require.Equal(t, []byte{3, 1}, cursor)
}

func emptyBatch(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	next, err := d.append(hone.Batch{Number: number, Attempt: 1})
	require.NoError(t, err)
	require.Equal(t, int64(1), next)
	require.Empty(t, d.batches(number))
	next, err = d.append(hone.Batch{Number: number, Attempt: 1, Sequence: 1})
	require.NoError(t, err)
	require.Equal(t, int64(2), next, "one with a number counts")
	require.Len(t, d.batches(number), 1)
}

func unfitBatches(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	fit := hone.Batch{Number: number, Attempt: 1, Measurements: readings(strings.Repeat("m", hone.MetricLimit), 1, 10_000)}
	for name, c := range map[string]struct {
		change func(b *hone.Batch)
		kind   hone.Kind
	}{
		"a trial that is not there":   {func(b *hone.Batch) { b.Number = 99 }, hone.NotFound},
		"no trial":                    {func(b *hone.Batch) { b.Number = 0 }, hone.NotFound},
		"a negative trial":            {func(b *hone.Batch) { b.Number = -1 }, hone.NotFound},
		"no attempt":                  {func(b *hone.Batch) { b.Attempt = 0 }, hone.InvalidArgument},
		"a negative sequence":         {func(b *hone.Batch) { b.Sequence = -1 }, hone.InvalidArgument},
		"too long a source":           {func(b *hone.Batch) { b.Source = strings.Repeat("s", 256) }, hone.InvalidArgument},
		"too many readings":           {func(b *hone.Batch) { b.Measurements = readings("m", 1, 10_001) }, hone.InvalidArgument},
		"too long a name of a metric": {func(b *hone.Batch) { b.Measurements = readings(strings.Repeat("m", hone.MetricLimit+1), 1, 1) }, hone.InvalidArgument},
		"no name of a metric":         {func(b *hone.Batch) { b.Measurements = readings("", 1, 1) }, hone.InvalidArgument},
		"too large a cursor":          {func(b *hone.Batch) { b.Cursor = make([]byte, 1<<17) }, hone.InvalidArgument},
	} {
		b := fit
		c.change(&b)
		_, err := d.append(b)
		require.ErrorIs(t, err, c.kind, name)
	}
	require.Empty(t, d.batches(number))
	_, err := d.append(fit)
	require.NoError(t, err)
	require.Len(t, d.batches(number)[0].Measurements, 10_000)
	_, err = d.store.Batches(t.Context(), d.uid, 99)
	require.ErrorIs(t, err, hone.NotFound)
}

func batchesAreCopies(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	number := d.start()
	b := hone.Batch{Number: number, Attempt: 1, Cursor: []byte("17"), Measurements: readings("loss", 1, 3)}
	_, err := d.append(b)
	require.NoError(t, err)
	before := text(t, d.batches(number))
	spoil := func(b hone.Batch) {
		b.Cursor[0] = 'x'
		*b.Measurements[0].Step = 99
		b.Measurements[1].Value = -1
	}
	spoil(b)
	require.Equal(t, before, text(t, d.batches(number)))
	spoil(d.batches(number)[0])
	require.Equal(t, before, text(t, d.batches(number)))
}

// bySequence sorts batches, which come in no particular order.
func bySequence(batches []hone.Batch) []hone.Batch {
	slices.SortFunc(batches, func(a, b hone.Batch) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sequence, b.Sequence))
	})
	return batches
}
