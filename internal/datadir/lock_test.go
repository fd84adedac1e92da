package datadir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hone-tuner/hone"
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

func TestADirectoryThatEverybodyCanWriteToIsRefused(t *testing.T) {
	for mode, refused := range map[os.FileMode]bool{0o700: false, 0o755: false, 0o775: false, 0o777: true, 0o777 | os.ModeSticky: true} {
		dir := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.Mkdir(dir, 0o700))
		require.NoError(t, os.Chmod(dir, mode))
		err := datadir.Make(dir)
		if !refused {
			require.NoError(t, err, mode)
			continue
		}
		require.ErrorIs(t, err, hone.PermissionDenied)
		require.ErrorContains(t, err, "chmod o-w")
	}
}

func TestWhatAnotherVersionWroteIntoTheLockIsRead(t *testing.T) {
	dir := t.TempDir()
	for text, holder := range map[string]datadir.Holder{"": {}, "x\n": {}, "17\n": {PID: 17}, "17 tourist\n": {PID: 17}, "17 service\n": {17, datadir.AsService}} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, datadir.LockName), []byte(text), 0o600))
		require.Equal(t, holder, datadir.Owner(dir))
	}
}
