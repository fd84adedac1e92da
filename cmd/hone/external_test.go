package main

import (
	"io"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

// asked is an external experiment with a finished trial and a running one that a worker asked for.
func asked(t *testing.T) *fakeService {
	t.Helper()
	spec := digitsSpec()
	spec.Trial, spec.Parallelism = nil, 0
	f := newFake(t, spec)
	f.onLogs = func(hone.LogQuery) (io.ReadCloser, error) {
		return nil, hone.Errorf(hone.NotFound, "there are no logs of it: it was not started, or its folder has been removed")
	}
	for number := 1; number <= 2; number++ {
		f.record(t, hone.Event{Type: hone.EventTrialCreated, Trial: number, Parameters: adam(0.1, 2)},
			hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 1, Client: "gpu-7"})
	}
	f.succeed(t, 1, 0.9)
	return f
}

func TestTheOutputOfAnExternalTrialIsWithItsWorker(t *testing.T) {
	for _, args := range [][]string{{"logs", "digits-0002"}, {"logs", "digits-0002", "-f"}, {"logs", "digits-0002", "-f", "--attempt", "1"},
		{"logs", "digits-0001", "-f"}} {
		x := newTerminal(t, asked(t), "")
		require.Equal(t, exitFailed, x.run(t, args...), args)
		require.Equal(t, "hone: the output of "+args[1]+" is not here: it is run by its worker gpu-7, who keeps what it writes\n", x.stderr.String())
	}
	x := newTerminal(t, asked(t), "")
	require.Equal(t, exitFailed, x.run(t, "logs", "digits-0099", "-f"))
	require.Contains(t, x.stderr.String(), "has no trial 99")
}

func TestAnExternalTrialHasNoFolder(t *testing.T) {
	for _, args := range [][]string{{"trial", "digits-0001"}, {"best", "digits"}, {"best", "digits", "-o", "json"}, {"get", "digits"}} {
		x := newTerminal(t, asked(t), "")
		require.Equal(t, exitDone, x.run(t, args...), args)
		require.NotContains(t, x.stdout.String(), "digits-0b5e", args)
		require.NotContains(t, x.stdout.String(), "hone logs", args)
	}
	x := newTerminal(t, asked(t), "")
	require.Equal(t, exitDone, x.run(t, "trial", "digits-0001"))
	require.Contains(t, x.stdout.String(), "client:      gpu-7\n")
	require.Contains(t, x.stdout.String(), "its readings: hone metrics digits-0001\n")
}

func TestAnExternalExperimentRunsAsManyTrialsAsAreAskedFor(t *testing.T) {
	x := newTerminal(t, asked(t), "")
	require.Equal(t, exitDone, x.run(t, "edit", "digits", "--trials", "9"))
	require.Equal(t, "digits: 8 trials, at most 10 failed, parallelism without limit; it is Running\n", x.stderr.String())
}
