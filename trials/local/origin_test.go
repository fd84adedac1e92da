package local_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
	"github.com/hone-tuner/hone/collector/tfevents"
	"github.com/hone-tuner/hone/trials/trialstest"
)

func TestWhatAnEarlierAttemptLeftInTheMetricsFileIsToldApart(t *testing.T) {
	for _, tt := range []struct {
		name, second string
		want         []float64
	}{
		{"a file that is written anew with more", "printf 'acc=%s\\n' 11 12 13 14 15 16 17 18 > m.txt", []float64{11, 12, 13, 14, 15, 16, 17, 18}},
		{"a file that is written anew to the same size", "printf 'acc=%s\\n' 6 7 8 9 0 > m.txt", []float64{6, 7, 8, 9, 0}},
		{"a file that is written anew with the same", "sleep 0.05; printf 'acc=%s\\n' 1 2 3 4 5 > m.txt", []float64{1, 2, 3, 4, 5}},
		{"a file that goes on", "printf 'acc=%s\\n' 6 >> m.txt", []float64{6}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dataDir := t.TempDir()
			r := open(t, dataDir)
			e := shell(t, `cd "$HONE_TRIAL_DIR"; if [ "$HONE_ATTEMPT" = 1 ]; then printf 'acc=%s\n' 1 2 3 4 5 > m.txt; else `+tt.second+`; fi`)
			e.Spec.Metrics = hone.MetricsSpec{Source: hone.SourceFile, Path: "m.txt"}
			l := trialstest.Launch(e, 1, 1)
			first, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			require.Zero(t, first.From)
			trialstest.Finish(t, r, l.ID())
			_, err = os.ReadFile(first.File)
			require.NoError(t, err)

			l.Trial.Attempt = 2
			emission, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			require.EqualValues(t, len("acc=1\n")*5, emission.From)
			require.NotZero(t, emission.FromInode)
			require.NotZero(t, emission.FromSum)
			trialstest.Finish(t, r, l.ID())
			require.NoError(t, r.Close())
			adopted, err := open(t, dataDir).Start(t.Context(), l)
			require.NoError(t, err)
			require.Equal(t, emission, adopted)
			require.Equal(t, tt.want, collected(t, adopted))
		})
	}
}

// eventFile is an event file with one reading of acc, written at a time.
func eventFile(t *testing.T, value float32, at time.Time) string {
	v := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "acc")
	v = protowire.AppendFixed32(protowire.AppendTag(v, 2, protowire.Fixed32Type), math.Float32bits(value))
	s := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), v)
	e := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(float64(at.Unix())))
	e = protowire.AppendBytes(protowire.AppendTag(e, 5, protowire.BytesType), s)
	path := filepath.Join(t.TempDir(), "events")
	require.NoError(t, os.WriteFile(path, tfevents.Append(nil, e), 0o600))
	return path
}

func TestEventsOfAnEarlierAttemptAreToldApart(t *testing.T) {
	r := open(t, t.TempDir())
	now := time.Now()
	e := shell(t, `case $HONE_ATTEMPT in
		1) from=`+eventFile(t, 1, now.Add(-time.Hour))+`;;
		2) from=`+eventFile(t, 2, now.Add(time.Hour))+`;;
		esac; cp "$from" "$HONE_TRIAL_DIR/events.out.tfevents.$HONE_ATTEMPT"`)
	e.Spec.Metrics = hone.MetricsSpec{Source: hone.SourceTensorBoard}
	l := trialstest.Launch(e, 1, 1)
	for attempt, want := range []float64{1, 2} {
		l.Trial.Attempt = attempt + 1
		emission, err := r.Start(t.Context(), l)
		require.NoError(t, err)
		trialstest.Finish(t, r, l.ID())
		require.Equal(t, []float64{want}, collectedFrom(t, emission, e.Spec.Metrics))
	}
}

// collected reads the metrics file of an attempt that has ended.
func collected(t *testing.T, e hone.Emission) []float64 {
	return collectedFrom(t, e, hone.MetricsSpec{Source: hone.SourceFile, Path: "m.txt"})
}

func collectedFrom(t *testing.T, e hone.Emission, m hone.MetricsSpec) (values []float64) {
	ended := make(chan struct{})
	close(ended)
	_, err := collector.New(collector.Options{}).Collect(t.Context(), hone.Collection{
		Spec: m, Objective: "acc", Emission: e,
	}, ended, func(_ context.Context, _ string, _ []byte, ms []hone.Measurement) error {
		for _, m := range ms {
			values = append(values, float64(m.Value))
		}
		return nil
	})
	require.NoError(t, err)
	return values
}
