package datadir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/stretchr/testify/require"
)

func TestOneHasTheLockAndSaysWho(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	require.NoError(t, datadir.Make(dir))
	require.NoError(t, datadir.Make(dir), "it may be there")
	require.Zero(t, datadir.Owner(dir))
	lock, err := datadir.Take(dir, datadir.AsService)
	require.NoError(t, err)
	require.NotNil(t, lock)
	require.Equal(t, datadir.Holder{PID: os.Getpid(), Stay: datadir.AsService}, datadir.Owner(dir))
	second, err := datadir.Take(dir, datadir.AsService)
	require.NoError(t, err)
	require.Nil(t, second)
	require.NoError(t, lock.Close())
	third, err := datadir.Take(dir, datadir.AsService)
	require.NoError(t, err)
	require.NotNil(t, third)
	require.NoError(t, third.Close())
}

func TestWhatAnotherVersionWroteIntoTheLockIsRead(t *testing.T) {
	dir := t.TempDir()
	for text, holder := range map[string]datadir.Holder{"": {}, "x\n": {}, "17\n": {PID: 17}, "17 tourist\n": {PID: 17}, "17 service\n": {17, datadir.AsService}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, datadir.LockName), []byte(text), 0o600))
		require.Equal(t, holder, datadir.Owner(dir))
	}
}
