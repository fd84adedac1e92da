package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// written makes a store with a few trials and readings, and returns its path.
func written(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "hone.db")
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	r := newRecorder(t, s)
	var events []hone.Event
	for number := 1; number <= 50; number++ {
		events = append(events, life(number)...)
	}
	require.NoError(t, r.record(events[:75]...))
	require.NoError(t, r.record(events[75:]...))
	for number := range 10 {
		_, err := s.Append(t.Context(), "bench", hone.Batch{Number: number + 1, Attempt: 1, Measurements: curve(0, 100)})
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	return path
}

func TestANewFileIsForItsOwnerAloneAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "hone.db"))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	page, err := s.Experiments(t.Context(), hone.ExperimentFilter{})
	require.NoError(t, err)
	require.Empty(t, page)
}

func TestWhatCannotBeOpenedSaysWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		kind    hone.Kind
		says    []string
	}{
		"an empty file": {truncate(0), hone.DataLoss, []string{"empty", "restore", "delete it to begin anew"}},
		"a text":        {replace([]byte(strings.Repeat("trial,accuracy\n", 4000))), hone.DataLoss, []string{"not a store of hone", "another data directory"}},
		"a short text":  {replace([]byte("hello")), hone.DataLoss, []string{"not a store of hone"}},
		"damaged meta pages": {func(t *testing.T, path string) {
			patch(t, path, 16+48, []byte{1, 2, 3})
			patch(t, path, 4096+16+48, []byte{1, 2, 3})
		}, hone.DataLoss, []string{"damaged", "restore"}},
		"an overwritten beginning":               {func(t *testing.T, path string) { patch(t, path, 0, make([]byte, 16384)) }, hone.DataLoss, []string{"overwritten", "restore"}},
		"a file that was cut off":                {truncate(40_000), hone.DataLoss, []string{"cut off", "40000 bytes", "restore"}},
		"one that was cut off in the meta pages": {truncate(5000), hone.DataLoss, []string{"cut off", "restore"}},
		"pages of zeros":                         {zeroPages, hone.DataLoss, []string{"damaged", "restore"}},
		"pages of noise":                         {noisePages, hone.DataLoss, []string{"damaged", "restore"}},
		"a foreign store":                        {foreign, hone.InvalidArgument, []string{"another program", "another data directory"}},
		"a newer store":                          {newer, hone.Unimplemented, []string{"schema version 3", "up to 2", "newer hone"}},
		"a missing bucket":                       {update(func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("ranking")) }), hone.DataLoss, []string{`"ranking" is missing`, "restore"}},
		"a folder": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Mkdir(path, 0o700))
		}, hone.InvalidArgument, []string{"choose another path"}},
		"a missing folder": {func(t *testing.T, path string) { require.NoError(t, os.RemoveAll(filepath.Dir(path))) }, hone.NotFound, []string{"folder does not exist"}},
		"a dangling link": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink("nowhere/hone.db", path))
		}, hone.NotFound, []string{"does not exist"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := written(t)
			c.prepare(t, path)
			before, _ := os.ReadFile(path)
			s, err := bolt.Open(path, bolt.Options{})
			if err == nil {
				err = errors.Join(errors.New("it was opened"), s.Close())
			}
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, path)
			for _, words := range c.says {
				require.ErrorContains(t, err, words)
			}
			after, _ := os.ReadFile(path)
			require.Equal(t, before, after, "what cannot be read is not changed either")
		})
	}
}

func patch(t *testing.T, path string, at int64, data []byte) {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(data, at)
	require.NoError(t, errors.Join(err, file.Close()))
}

func replace(data []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, data, 0o600)) }
}

func truncate(size int64) func(*testing.T, string) {
	return func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, size)) }
}

// overPages writes over all pages behind the meta pages.
func overPages(t *testing.T, path string, with byte) {
	info, err := os.Stat(path)
	require.NoError(t, err)
	data := make([]byte, info.Size()-8192)
	for i := range data {
		data[i] = with * byte(i*i>>3)
	}
	patch(t, path, 8192, data)
}

func zeroPages(t *testing.T, path string) { overPages(t, path, 0) }

func noisePages(t *testing.T, path string) { overPages(t, path, 1) }

func update(f func(tx *bbolt.Tx) error) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		db, err := bbolt.Open(path, 0o600, nil)
		require.NoError(t, err)
		require.NoError(t, errors.Join(db.Update(f), db.Close()))
	}
}

func foreign(t *testing.T, path string) {
	require.NoError(t, os.Remove(path))
	update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket([]byte("sessions"))
		return err
	})(t, path)
}

func newer(t *testing.T, path string) {
	update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 0, 0, 0, 0, 3})
	})(t, path)
}

func TestOneLostMetaPageIsNoLoss(t *testing.T) {
	// A power loss in the last step of a transaction leaves one of the two: the other one counts.
	for page := range int64(2) {
		path := written(t)
		patch(t, path, page*4096+16+48, []byte{0xff, 0xff})
		s := open(t, path)
		trials, err := s.Trials(t.Context(), "bench", hone.TrialFilter{})
		require.NoError(t, err)
		require.Len(t, trials, 50)
	}
}

func TestOnlyOneCanHaveTheFileOpen(t *testing.T) {
	path := written(t)
	s := open(t, path)
	_, err := bolt.Open(path, bolt.Options{})
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "another process has it open")
	_, err = s.Trial(t.Context(), "bench", 1)
	require.NoError(t, err, "the one that has it is not disturbed")
	require.NoError(t, s.Close())
	open(t, path)
}

func TestADamagedPageIsAnErrorOfWhoReadsIt(t *testing.T) {
	path := written(t)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	needle := []byte(`"trial":25`) // in the events, far from both ends
	at := strings.Index(string(data), string(needle))
	require.Positive(t, at)
	for {
		patch(t, path, int64(at), []byte(`"trial":26`))
		next := strings.Index(string(data[at+1:]), string(needle))
		if next < 0 {
			break
		}
		at += 1 + next
	}
	s := open(t, path)
	_, err = s.Events(t.Context(), "bench", 0, 0)
	require.ErrorIs(t, err, hone.DataLoss)
	require.ErrorContains(t, err, "checksum")
	_, err = s.Trial(t.Context(), "bench", 1)
	require.NoError(t, err, "what is not damaged can be read")
}

func TestAFileThatShrinksUnderTheStoreIsAnErrorAndNoCrash(t *testing.T) {
	path := written(t)
	s := open(t, path)
	require.NoError(t, os.Truncate(path, 8192))
	_, err := s.Trials(t.Context(), "bench", hone.TrialFilter{})
	require.ErrorIs(t, err, hone.DataLoss)
	_, err = s.Record(t.Context(), "bench", hone.Event{Sequence: 1000, Type: hone.EventNote})
	require.ErrorIs(t, err, hone.DataLoss)
}

func TestTwoThatCreateTheFileAtOnceGetOneStore(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "hone.db")
		results := make(chan error, 4)
		for range cap(results) {
			go func() {
				s, err := bolt.Open(path, bolt.Options{})
				if err == nil {
					_, err = s.CreateExperiment(t.Context(), benchExperiment(), hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
					err = errors.Join(err, s.Close())
				}
				results <- err
			}()
		}
		opened := 0
		for range cap(results) {
			switch err := <-results; {
			case err == nil:
				opened++
			case !errors.Is(err, hone.Unavailable) && !errors.Is(err, hone.AlreadyExists):
				require.NoError(t, err)
			}
		}
		require.Equal(t, 1, opened, "the experiment was created once, and whoever came later saw it")
	}
}
