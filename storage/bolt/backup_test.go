package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// copyOf makes a backup of a store into a file of its own.
func copyOf(t testing.TB, s *bolt.Store) string {
	path := filepath.Join(t.TempDir(), "backup.db")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, s.Backup(context.Background(), file))
	require.NoError(t, file.Close())
	return path
}

func TestABackupHoldsEverythingAndCanBeOpened(t *testing.T) {
	path := rich(t, 20)
	want := content(t, path)
	s := open(t, path)
	backup := copyOf(t, s)
	require.Empty(t, check(t, backup).Findings)
	require.JSONEq(t, want, content(t, backup))
}

// gated is a writer that stops after its first bytes until it is let go on.
type gated struct {
	bytes.Buffer
	begun, goOn chan struct{}
	once        bool
}

func (g *gated) Write(p []byte) (int, error) {
	if !g.once {
		g.once = true
		close(g.begun)
		<-g.goOn
	}
	return g.Buffer.Write(p)
}

// TestABackupIsOfOneMoment changes a store while a backup of it is being read: what it holds is what was there
// when it began, and writers did not wait for it.
func TestABackupIsOfOneMoment(t *testing.T) {
	path := rich(t, 20)
	want := content(t, path)
	s := open(t, path)
	out := &gated{begun: make(chan struct{}), goOn: make(chan struct{})}
	var g errgroup.Group
	g.Go(func() error { return s.Backup(context.Background(), out) })
	<-out.begun
	require.NoError(t, s.DeleteExperiment(t.Context(), "uid-first"))
	for range 50 {
		_, err := s.Append(t.Context(), "uid-second", hone.Batch{Number: 1, Attempt: 1, Source: "later", Cursor: make([]byte, 1<<16)})
		require.NoError(t, err)
	}
	close(out.goOn)
	require.NoError(t, g.Wait())
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, os.WriteFile(backup, out.Bytes(), 0o600))
	require.Empty(t, check(t, backup).Findings)
	require.JSONEq(t, want, content(t, backup))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside it")
}

func TestABackupThatNobodyReadsAnyMoreEnds(t *testing.T) {
	s := open(t, rich(t, 5))
	gone := errors.New("the reader has gone")
	reader, writer := io.Pipe()
	require.NoError(t, reader.CloseWithError(gone))
	require.ErrorIs(t, s.Backup(t.Context(), writer), gone)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Backup(ctx, io.Discard), context.Canceled)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Backup(t.Context(), io.Discard), hone.Unavailable)
}

func TestCompactingGivesTheRoomOfDeletedExperimentsBack(t *testing.T) {
	path := rich(t, 20)
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	for range 30 {
		_, err := s.Append(t.Context(), "uid-first", hone.Batch{Number: 1, Attempt: 1, Source: "much", Measurements: curve(0, 9000)})
		require.NoError(t, err)
	}
	require.NoError(t, s.DeleteExperiment(t.Context(), "uid-first"))
	_, _, err = bolt.Compact(t.Context(), path)
	require.ErrorIs(t, err, hone.Unavailable, "while somebody has it open")
	require.NoError(t, s.Close())
	want := content(t, path)
	before, after, err := bolt.Compact(t.Context(), path)
	require.NoError(t, err)
	require.Less(t, after, before/3)
	report := check(t, path)
	require.Empty(t, report.Findings)
	require.Equal(t, after, report.Size)
	require.JSONEq(t, want, content(t, path))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside it")
	s = open(t, path)
	e := benchExperiment()
	_, err = s.CreateExperiment(t.Context(), e, hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.Empty(t, check(t, path).Findings, "and the counter of slots went with it")
}
