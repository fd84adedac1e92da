package controller_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
	"github.com/hone-tuner/hone/trials/local"
)

// The test binary is the supervisor too.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "supervise" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		err := local.Supervise(ctx, os.Args[2], hclog.NewNullLogger())
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// realWorld runs programs as processes.
type realWorld struct {
	hone.Runner
	hone.Collector
}

func newRealWorld(t testing.TB) *realWorld {
	self, err := os.Executable()
	require.NoError(t, err)
	runner, err := local.New(local.Options{DataDir: t.TempDir(), Supervisor: []string{self, "supervise"}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, runner.Close()) })
	return &realWorld{Runner: runner, Collector: collector.New(collector.Options{})}
}
