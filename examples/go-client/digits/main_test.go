package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNetworksAreTrainedInTheProgram(t *testing.T) {
	args := []string{"-data", filepath.Join(t.TempDir(), "data"), "-trials", "4", "-epochs", "2"}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out))
	require.Regexp(t, `^4 trials, \d of them stopped early; best digits-in-process-000\d: accuracy 0\.\d{4} with lr=`, out.String())
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(interrupted, append(args, "-trials", "6"), &out), context.Canceled)
	require.NoError(t, run(t.Context(), append(args, "-trials", "6"), &out))
	require.Contains(t, out.String(), "\n6 trials, ")
}
