package bolt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// rich makes a store in which a bit of everything has happened, and returns its path.
func rich(t testing.TB, trials int) string {
	path := filepath.Join(t.TempDir(), "hone.db")
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	fillRich(t, s, trials)
	require.NoError(t, s.Close())
	return path
}

func fillRich(t testing.TB, s *bolt.Store, trials int) {
	ctx := context.Background()
	for _, name := range []string{"first", "gone", "second"} {
		e := benchExperiment()
		e.UID, e.Name = "uid-"+name, name
		_, err := s.CreateExperiment(ctx, e, hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
		require.NoError(t, err)
		sequence := int64(1)
		record := func(events ...hone.Event) {
			for i := range events {
				sequence++
				events[i].Sequence, events[i].Time = sequence, at(sequence)
			}
			_, err := s.Record(ctx, e.UID, events...)
			require.NoError(t, err)
		}
		record(hone.Event{Type: hone.EventAttached}, hone.Event{Type: hone.EventNote, Message: "auto chose tpe"})
		for number := 1; number <= trials; number++ {
			all := life(number)
			record(all[:2]...)
			for i := range 3 {
				_, err := s.Append(ctx, e.UID, hone.Batch{Number: number, Attempt: 1, Source: ":stdout", Received: at(9), Cursor: []byte{byte(i)}, Measurements: curve(i*30, 30)})
				require.NoError(t, err)
			}
			switch number % 5 {
			case 0: // fails, is retried and then runs
				record(hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: 1, State: "Failed", Reason: hone.NonZeroExit, Message: "exit status 1"},
					hone.Event{Type: hone.EventTrialRetried, Trial: number}, hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 2})
				_, err := s.Append(ctx, e.UID, hone.Batch{Number: number, Attempt: 2, Sequence: 1, Received: at(9), Measurements: curve(0, 5)})
				require.NoError(t, err)
			case 1:
				record(hone.Event{Type: hone.EventTrialRequeued, Trial: number, Attempt: 1, Reason: hone.Killed})
			default:
				record(all[2])
			}
		}
		limits := hone.Limits{Parallelism: 99, Budget: hone.Budget{Trials: 1000}}
		record(hone.Event{Type: hone.EventEdited, Limits: &limits}, hone.Event{Type: hone.EventPaused})
	}
	require.NoError(t, s.DeleteExperiment(ctx, "uid-gone"))
}

func check(t testing.TB, path string) bolt.Report {
	report, err := bolt.Check(context.Background(), path, nil)
	require.NoError(t, err)
	return report
}

func TestAWholeStoreHasNothingWrong(t *testing.T) {
	path := rich(t, 40)
	report := check(t, path)
	require.Empty(t, report.Findings)
	require.Equal(t, 2, report.Experiments)
	require.Equal(t, 80, report.Trials)
	require.EqualValues(t, 2*(3*40+8), report.Batches)
	require.EqualValues(t, 2*(90*40+8*5), report.Measurements)
	require.Positive(t, report.Buckets["chunks"])

	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			require.NoError(t, err)
		}
		used := int64(0)
		for _, n := range report.Buckets {
			used += n
		}
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, info.Size(), report.Size)
		free := info.Size() - tx.Size() + int64(db.Stats().FreePageN+db.Stats().PendingPageN)*int64(db.Info().PageSize)
		require.Equal(t, free, report.Free)
		return nil
	}))
}

func TestWhatCannotBeChecked(t *testing.T) {
	path := rich(t, 1)
	s := open(t, path)
	_, err := bolt.Check(t.Context(), path, nil)
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "hone backup")
	require.NoError(t, s.Close())
	_, err = bolt.Check(t.Context(), path+".none", nil)
	require.ErrorIs(t, err, hone.NotFound)
	foreign(t, path)
	_, err = bolt.Check(t.Context(), path, nil)
	require.ErrorIs(t, err, hone.InvalidArgument)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = bolt.Check(ctx, rich(t, 1), nil)
	require.ErrorIs(t, err, context.Canceled)
}

// TestDamageIsNamed damages whole stores by hand: the records agree with their checksums, but not with each other.
func TestDamageIsNamed(t *testing.T) {
	whole, err := os.ReadFile(rich(t, 10))
	require.NoError(t, err)
	slot := []byte{0, 0, 0, 1}
	del := func(bucket string, key ...byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			if k, _ := b.Cursor().Seek(key); !bytes.HasPrefix(k, slot) && bucket != "names" && bucket != "uids" {
				return fmt.Errorf("there is no such key in %s", bucket)
			}
			k, _ := b.Cursor().Seek(key)
			return b.Delete(k)
		}
	}
	put := func(bucket, from string, to ...byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bucket))
			return b.Put(to, bytes.Clone(b.Get([]byte(from))))
		}
	}
	for name, c := range map[string]struct {
		damage func(*bbolt.Tx) error
		says   string
	}{
		"an event is missing":         {del("events", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7), "events 7 to 7 are missing"},
		"the first event is missing":  {del("events", slot...), "events 1 to 1 are missing"},
		"an event in another's place": {put("events", "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 4), "event 3 stands in the place of event 4"},
		"a trial is missing":          {del("trials", 0, 0, 0, 1, 0, 0, 0, 2), "trial 2 is missing"},
		"a trial too many":            {put("trials", "\x00\x00\x00\x01\x00\x00\x00\x02", 0, 0, 0, 1, 0, 0, 0, 200), "trial 2 stands in the place of trial 200"},
		"an older trial":              {put("trials", "\x00\x00\x00\x03\x00\x00\x00\x02", 0, 0, 0, 1, 0, 0, 0, 1), "trial 2 stands in the place of trial 1"},
		"a place in the ranking":      {del("ranking", slot...), `"ranking" does not agree with its trials: 1 entries are missing, 0 are wrong`},
		"a place in the finished":     {del("finished", slot...), `"finished" does not agree with its trials: 1 entries are missing, 0 are wrong`},
		"a batch":                     {del("chunks", slot...), "batches 1 to 1 of measurements are missing"},
		"a batch of no trial": {func(tx *bbolt.Tx) error {
			k, v := tx.Bucket([]byte("chunks")).Cursor().Seek(slot)
			k, v = bytes.Clone(k), bytes.Clone(v)
			k[7] = 99
			return tx.Bucket([]byte("chunks")).Put(k, v)
		}, "which there never was"},
		"a name":               {del("names", []byte("default\x00first")...), "not found by its name"},
		"a uid":                {del("uids", []byte("uid-first")...), "not found by its UID"},
		"a spec":               {del("experiments", slot...), "its spec is missing"},
		"a state":              {del("states", slot...), "its state is missing"},
		"a state of another":   {put("states", "\x00\x00\x00\x03", slot...), "its stored state"},
		"records of nobody":    {put("trials", "\x00\x00\x00\x01\x00\x00\x00\x02", 0, 0, 0, 9, 0, 0, 0, 2), "in slot 9, where there is no experiment"},
		"a counter set back":   {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("uids")).SetSequence(1) }, "its counter is 1"},
		"a foreign record":     {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("trials")).Put([]byte("x"), []byte("y")) }, "malformed"},
		"a bucket":             {func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("finished")) }, `bucket "finished": it is missing`},
		"a fencing token":      {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("fence"), []byte("short")) }, "the fencing token 73686f7274 is none"},
		"not a store any more": {func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("format")) }, "does not say that this is a store"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hone.db")
			require.NoError(t, os.WriteFile(path, whole, 0o600))
			update(c.damage)(t, path)
			report := check(t, path)
			require.NotEmpty(t, report.Findings)
			require.Contains(t, fmt.Sprint(report.Findings), c.says)
		})
	}
}

// TestAFlippedByteIsNoticed flips bytes anywhere: either the check says that something is wrong, or everything
// that can be read from the store is as before.
func TestAFlippedByteIsNoticed(t *testing.T) {
	path := rich(t, 30)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	want := content(t, path)
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	var pages []int // with something in them
	for id := range len(whole) / 4096 {
		if len(bytes.Trim(whole[id*4096:(id+1)*4096], "\x00")) > 0 {
			pages = append(pages, id)
		}
	}
	noticed, harmless := 0, 0
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	rapid.Check(t, func(rt *rapid.T) {
		at := int64(4096*rapid.SampledFrom(pages).Draw(rt, "page") + rapid.IntRange(0, 4095).Draw(rt, "place"))
		flipped := whole[at] ^ byte(rapid.IntRange(1, 255).Draw(rt, "flip"))
		patch(t, path, at, []byte{flipped})
		defer patch(t, path, at, whole[at:at+1])
		report, err := bolt.Check(context.Background(), path, nil)
		if err != nil {
			require.Contains(rt, []hone.Kind{hone.InvalidArgument, hone.Unimplemented}, hone.KindOf(err), "%v", err)
		}
		if err != nil || len(report.Findings) > 0 {
			noticed++
			return
		}
		harmless++
		changed := bytes.Clone(whole) // opening it writes to it
		changed[at] = flipped
		require.NoError(rt, os.WriteFile(damaged, changed, 0o600))
		require.Equal(rt, want, content(rt, damaged))
	})
	t.Logf("%d were noticed, %d did no harm", noticed, harmless)
	require.Positive(t, noticed)
}

// content is all that can be read from a store.
func content(t require.TestingT, path string) string {
	ctx := context.Background()
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	var all []any
	page, err := s.Experiments(ctx, hone.ExperimentFilter{})
	require.NoError(t, err)
	for _, e := range page.Experiments {
		events, err := s.Events(ctx, e.UID, 0, 0)
		require.NoError(t, err)
		trials, err := s.Trials(ctx, e.UID, hone.TrialFilter{})
		require.NoError(t, err)
		ranking, err := s.Ranking(ctx, e.UID, 0, true)
		require.NoError(t, err)
		finished, err := s.Finished(ctx, e.UID)
		require.NoError(t, err)
		all = append(all, e, events, trials, ranking, finished)
		for _, trial := range trials {
			batches, err := s.Batches(ctx, e.UID, trial.Number)
			require.NoError(t, err)
			for i := range batches {
				batches[i].Number, batches[i].Attempt, batches[i].Source = 0, 0, "" // see docs/storage.md
				all = append(all, batches[i])
			}
		}
	}
	text, err := json.Marshal(all)
	require.NoError(t, err)
	return string(text)
}
