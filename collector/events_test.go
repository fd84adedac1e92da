package collector_test

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector/tfevents"
)

// events is a collection from event files below a folder.
func events(dir, path, objective string) hone.Collection {
	c := spec(objective, hone.MetricsSpec{Source: hone.SourceTensorBoard, Path: path})
	c.Emission.Dir = dir
	return c
}

// scalar is a record of an event file.
func scalar(tag string, step int64, value float64, seconds float64) []byte {
	v := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), tag)
	v = protowire.AppendFixed32(protowire.AppendTag(v, 2, protowire.Fixed32Type), math.Float32bits(float32(value)))
	s := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), v)
	e := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(seconds))
	e = protowire.AppendVarint(protowire.AppendTag(e, 2, protowire.VarintType), uint64(step))
	e = protowire.AppendBytes(protowire.AppendTag(e, 5, protowire.BytesType), s)
	return tfevents.Append(nil, e)
}

// TestFilesOfRealWriters reads what tensorboardX (x) and TensorBoard's own writer (tf, with tensors as TensorFlow 2 writes
// them) have written.
func TestFilesOfRealWriters(t *testing.T) {
	for _, c := range []struct {
		path, metric string
		want         []plain
	}{
		{"x", "Loss/train", []plain{{"Loss/train", "1", 0}, {"Loss/train", "0.5", 1}, {"Loss/train", "0.3333333432674408", 2}}},
		{"x", "accuracy", []plain{{"accuracy", "0", 0}, {"accuracy", "NaN", 1}, {"accuracy", "1", 2}}},
		{"", "x/accuracy", []plain{{"x/accuracy", "0", 0}, {"x/accuracy", "NaN", 1}, {"x/accuracy", "1", 2}}},
		{"tf", "train/epoch_loss", []plain{{"train/epoch_loss", "1", 0}, {"train/epoch_loss", "0.5", 1}, {"train/epoch_loss", "0.3333333432674408", 2}}},
		{"", "validation/epoch_loss", []plain{{"validation/epoch_loss", "2", 0}, {"validation/epoch_loss", "1", 1}, {"validation/epoch_loss", "0.6666666865348816", 2}}},
		{"tf/train", "epoch_loss", []plain{{"epoch_loss", "1", 0}, {"epoch_loss", "0.5", 1}, {"epoch_loss", "0.3333333432674408", 2}}},
		{"x", "both/a/both", []plain{{"both/a/both", "1", 5}}},
		{"x", "hp/acc", []plain{{"hp/acc", "0.5", 1}}},
		{"x", "train", []plain{}},
		{"x", "weights", []plain{}},
		{"x", "note/text_summary", []plain{}},
	} {
		s := &store{}
		_, err := newCollector().Collect(t.Context(), events("testdata/tensorboard", c.path, c.metric), closed(), s.sink)
		require.NoError(t, err)
		require.Equal(t, c.want, plainly(s.readings()), "%s in %s", c.metric, c.path)
	}
	s := &store{}
	_, err := newCollector().Collect(t.Context(), events("testdata/tensorboard", "x", "accuracy"), closed(), s.sink)
	require.NoError(t, err)
	require.Equal(t, "2023-11-14T22:13:20.25Z", s.readings()[0].Time.Format(time.RFC3339Nano), "when it was written")
	require.Equal(t, hone.SourceTensorBoard, s.batches[0].source)
}

// TestEventFilesGrowAnyhow lets several writers write in pieces, with new collectors in between.
func TestEventFilesGrowAnyhow(t *testing.T) {
	dir := t.TempDir()
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		dir := filepath.Join(dir, strconv.Itoa(round))
		runs := []string{".", "a", "a/b"}
		var written [3][]byte
		want := map[string][]plain{}
		for i := range runs {
			for n := range rapid.IntRange(0, 30).Draw(t, "records") {
				step := int64(n)
				if rapid.IntRange(0, 4).Draw(t, "other") == 0 {
					written[i] = append(written[i], tfevents.Append(nil, make([]byte, rapid.SampledFrom([]int{0, 9, 300 << 10}).Draw(t, "size")))...)
					continue
				}
				written[i] = append(written[i], scalar("t"+strconv.Itoa(i), step, float64(n), 1.7e9)...)
				name := "t" + strconv.Itoa(i)
				want[name] = append(want[name], plain{name, strconv.Itoa(n), step})
			}
		}
		c := events(dir, "", "t0")
		c.Spec.Record = []string{"t1", "t2"}
		s := &store{}
		c.Resume = s.resume
		for i, run := range runs {
			require.NoError(t, os.MkdirAll(filepath.Join(dir, run), 0o700))
			f, err := os.Create(filepath.Join(dir, run, "events.out.tfevents.1"))
			require.NoError(t, err)
			defer f.Close()
			for rest := written[i]; len(rest) > 0; {
				n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
				_, err := f.Write(rest[:n])
				require.NoError(t, err)
				rest = rest[n:]
				_, err = newCollector().Collect(t.Context(), c, closed(), s.sink)
				require.NoError(t, err)
			}
		}
		got := map[string][]plain{}
		for _, p := range plainly(s.readings()) {
			got[p.metric] = append(got[p.metric], p)
		}
		require.Equal(t, want, got)
	})
}

func TestEventsArriveWhileTheTrialRuns(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := events(dir, "logs", "loss")
		r := start(t, c)
		time.Sleep(time.Minute)
		path := filepath.Join(dir, "logs", "run1", "events.out.tfevents.7.host")
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		r.path = path
		r.print(string(scalar("loss", 1, 0.5, 1.7e9)))
		time.Sleep(time.Second)
		synctest.Wait()
		r.has("0.5")
		r.print(string(scalar("loss", 2, 0.25, 1.7e9)))
		soon()
		r.has("0.5", "0.25")
		r.print(string(scalar("val_loss", 2, 0.25, 1.7e9)))
		require.Len(t, r.end(), 2)
		require.Equal(t, []string{"val_loss"}, r.seen.Names)
	})
}

func TestEventsOfEarlierAttemptsAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.tfevents.1"), append(scalar("loss", 1, 9, 1000), scalar("loss", 1, 1, 3000)...), 0o600))
	c := events(dir, "", "loss")
	c.Emission.FromTime = time.Unix(2000, 0)
	s := &store{}
	_, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
	require.NoError(t, err)
	require.Equal(t, []plain{{"loss", "1", 1}}, plainly(s.readings()))
}

func TestAnEventFileThatIsWrittenAnewIsReadAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.tfevents.1")
	require.NoError(t, os.WriteFile(path, append(scalar("loss", 1, 1, 1.7e9), scalar("loss", 2, 2, 1.7e9)...), 0o600))
	c := events(dir, "", "loss")
	s := &store{}
	c.Resume = s.resume
	for _, text := range [][]byte{nil, scalar("loss", 1, 3, 1.7e9), append(scalar("loss", 1, 4, 1.7e9), scalar("loss", 2, 5, 1.7e9)...)} {
		if text != nil {
			require.NoError(t, os.WriteFile(path, text, 0o600))
		}
		_, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
		require.NoError(t, err)
	}
	require.Equal(t, []plain{{"loss", "1", 1}, {"loss", "2", 2}, {"loss", "3", 1}, {"loss", "4", 1}, {"loss", "5", 2}}, plainly(s.readings()))
}

func TestDamageInTheMiddleCostsOneRecord(t *testing.T) {
	dir := t.TempDir()
	one := scalar("loss", 1, 1, 1.7e9)
	bad := scalar("loss", 2, 2, 1.7e9)
	bad[len(bad)-1] ^= 1
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.tfevents.1"), append(append(one, bad...), scalar("loss", 3, 3, 1.7e9)...), 0o600))
	s := &store{}
	_, err := newCollector().Collect(t.Context(), events(dir, "", "loss"), closed(), s.sink)
	require.NoError(t, err)
	require.Equal(t, []plain{{"loss", "1", 1}, {"loss", "3", 3}}, plainly(s.readings()))
}

func TestWithoutEventFilesTheHintSaysSo(t *testing.T) {
	seen, err := newCollector().Collect(t.Context(), events(t.TempDir(), "logs", "loss"), closed(), (&store{}).sink)
	require.NoError(t, err)
	_, hint := seen.Look()
	require.Contains(t, hint, "There is no event file")
}

func TestWhatComesLateIsNotLookedForBefore(t *testing.T) {
	c := stdout(t)
	c.Emission.Late = true
	synctest.Test(t, func(t *testing.T) {
		r := start(t, c)
		r.print("loss=1\n")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Empty(t, r.store.batches)
		r.print("loss=2\n")
		require.Len(t, r.end(), 2)
		require.Len(t, r.store.batches, 1, "it was read once")
	})
}
