package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// exhaust appends from several sources until there is no room, and tells how many batches were
// acknowledged.
func exhaust(s *bolt.Store) (int64, error) {
	var stored atomic.Int64
	var g errgroup.Group
	for source := range 4 {
		g.Go(func() error {
			for range 20_000 {
				_, err := s.Append(context.Background(), "bench", hone.Batch{Number: 1, Attempt: 1, Source: fmt.Sprint(source), Measurements: curve(0, 500)})
				if err != nil {
					return err
				}
				stored.Add(1)
			}
			return nil
		})
	}
	err := g.Wait()
	switch {
	case err == nil:
		return 0, errors.New("it never became full")
	case !errors.Is(err, hone.ResourceExhausted), !strings.Contains(err.Error(), "free some space"):
		return 0, fmt.Errorf("not what a full disk should say: %w", err)
	}
	return stored.Load(), nil
}

// survive fills a store up, makes room, and looks whether everything that was acknowledged is there and
// writing goes on.
func survive(path string, o bolt.Options, room func(s *bolt.Store) error, reopened bolt.Options) error {
	s, err := bolt.Open(path, o)
	if err != nil {
		return err
	}
	stored, err := exhaust(s)
	if err != nil {
		return err
	}
	if err := expectBatches(s, stored); err != nil {
		return fmt.Errorf("while it is full: %w", err)
	}
	if _, err := exhaust(s); err != nil {
		return fmt.Errorf("full a second time: %w", err)
	}
	if err := room(s); err != nil {
		return err
	}
	if reopened != o {
		if err := s.Close(); err != nil {
			return err
		}
		if s, err = bolt.Open(path, reopened); err != nil {
			return err
		}
	}
	before, err := s.Batches(context.Background(), "bench", 1)
	if err != nil {
		return err
	}
	for range 100 {
		if _, err := s.Append(context.Background(), "bench", hone.Batch{Number: 1, Attempt: 1, Source: "later", Measurements: curve(0, 500)}); err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if s, err = bolt.Open(path, reopened); err != nil {
		return err
	}
	return errors.Join(expectBatches(s, int64(len(before))+100), s.Close())
}

func expectBatches(s *bolt.Store, atLeast int64) error {
	batches, err := s.Batches(context.Background(), "bench", 1)
	if err == nil && int64(len(batches)) < atLeast {
		err = fmt.Errorf("%d batches were acknowledged, %d are there", atLeast, len(batches))
	}
	return err
}

func prepare(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	_, err = s.CreateExperiment(context.Background(), benchExperiment(), hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
	r := recorder{store: s, last: 1}
	return errors.Join(err, r.record(hone.Event{Type: hone.EventAttached}), r.record(life(1)...), s.Close())
}

func TestAFullStoreLosesNothingAndGoesOnWhenItMayGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hone.db")
	require.NoError(t, prepare(path))
	nothing := func(*bolt.Store) error { return nil }
	require.NoError(t, survive(path, bolt.Options{MaxSize: 6 << 20}, nothing, bolt.Options{}))
}

// fillUp is the same with a limit of the system: writing beyond it fails as on a full disk.
func fillUp(path string) error {
	if err := prepare(path); err != nil {
		return err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	small := unix.Rlimit{Cur: 6 << 20, Max: limit.Max}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &small); err != nil {
		return err
	}
	return survive(path, bolt.Options{}, func(*bolt.Store) error {
		return unix.Setrlimit(unix.RLIMIT_FSIZE, &limit)
	}, bolt.Options{})
}

func TestAFileThatMayNotGrowLosesNothingAndGoesOnWhenItMay(t *testing.T) {
	out, err := child(t.Context(), "fill", filepath.Join(t.TempDir(), "hone.db")).CombinedOutput()
	require.NoError(t, err, string(out))
}

func TestAStoreThatCannotBeWrittenSaysSo(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write everything")
	}
	path := written(t)
	require.NoError(t, os.Chmod(path, 0o400))
	_, err := bolt.Open(path, bolt.Options{})
	require.ErrorIs(t, err, hone.PermissionDenied)
	require.ErrorContains(t, err, "writable")

	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err = bolt.Open(filepath.Join(dir, "hone.db"), bolt.Options{})
	require.ErrorIs(t, err, hone.PermissionDenied)
}
