package embedded_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/hone-tuner/hone/internal/datadir"
)

type params struct {
	X float64 `hone:"x,min=0,max=1"`
}

func experiment() hone.Experiment {
	return hone.Experiment{Name: "line", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "y", Goal: hone.Minimize},
		Algorithm: hone.AlgorithmSpec{Seed: new(uint64(7))},
		Budget:    hone.Budget{Trials: 20},
	}}
}

func line(_ context.Context, p params, _ client.Reporter) (float64, error) { return p.X, nil }

func open(t *testing.T, dir string) *embedded.Service {
	t.Helper()
	s, err := embedded.Open(dir, embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// TestMain looks for goroutines that outlive their service.
func TestMain(m *testing.M) {
	if dir := os.Getenv("HONE_TEST_DIES_IN"); dir != "" {
		die(dir)
	}
	goleak.VerifyTestMain(m)
}

func TestWhatIsInADirectoryIsThereAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	first, err := client.Optimize(t.Context(), s, experiment(), line)
	require.NoError(t, err)
	require.Len(t, first.Trials, 20)
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice does no harm")

	again, err := client.Optimize(t.Context(), open(t, dir), experiment(), line)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestMemoryAndDirectoryGiveTheSameTrials(t *testing.T) {
	onDisk, err := client.Optimize(t.Context(), open(t, t.TempDir()), experiment(), line)
	require.NoError(t, err)
	inMemory, err := client.Optimize(t.Context(), open(t, ""), experiment(), line)
	require.NoError(t, err)
	for i, trial := range onDisk.Trials {
		require.Equal(t, trial.Params, inMemory.Trials[i].Params)
		require.Equal(t, trial.Value, inMemory.Trials[i].Value)
	}
}

func TestADirectoryThatAnotherOwnsIsRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := embedded.Open(dir, embedded.Options{})
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "is in use by process "+strconv.Itoa(os.Getpid()))
	require.ErrorContains(t, err, `client.Socket("`+filepath.Join(dir, datadir.SocketName)+`")`)
	require.NoError(t, s.Close())
	open(t, dir)
}

func TestADirectoryThatCannotBeUsedIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := embedded.Open(file, embedded.Options{})
	require.ErrorContains(t, err, "the data directory "+file+" cannot be made")

	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, datadir.StoreName), []byte("not a store"), 0o600))
	_, err = embedded.Open(dir, embedded.Options{})
	require.Error(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, datadir.StoreName)))
	open(t, dir) // the lock was given up
}

func TestExperimentsThatStartProgramsAreRefused(t *testing.T) {
	e := experiment()
	e.Spec.SearchSpace = hone.NewSpace(hone.Double("x", 0, 1))
	e.Spec.Trial = &hone.TrialTemplate{Command: []string{"true"}}
	s := open(t, "")
	_, err := client.Submit(t.Context(), s, e)
	require.ErrorIs(t, err, hone.Unimplemented)
	require.ErrorContains(t, err, "leave `trial` out of the experiment")
	page, err := s.ListExperiments(t.Context(), hone.ExperimentFilter{})
	require.NoError(t, err)
	require.Empty(t, page.Experiments)
}

// die is the program that TestTrialsOfAProgramThatDiedAreTakenUp starts: it leaves in the middle of trial 5.
func die(dir string) {
	s, err := embedded.Open(dir, embedded.Options{})
	if err != nil {
		panic(err)
	}
	_, err = client.Optimize(context.Background(), s, experiment(), func(ctx context.Context, p params, r client.Reporter) (float64, error) {
		if r.Trial().Number == 5 {
			if err := r.Report(1, 0.5); err != nil {
				panic(err)
			}
			os.Exit(9)
		}
		return line(ctx, p, r)
	}, client.Workers(2), client.Lease(time.Hour))
	panic(err)
}

func TestTrialsOfAProgramThatDiedAreTakenUp(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HONE_TEST_DIES_IN="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, string(out))
	require.Equal(t, 9, exit.ExitCode(), string(out))

	r, err := client.Optimize(t.Context(), open(t, dir), experiment(), line)
	require.NoError(t, err)
	require.Len(t, r.Trials, 20)
	require.Equal(t, 2, r.Trials[4].Attempt, "no lease was waited for")
	for _, trial := range r.Trials {
		require.Equal(t, hone.TrialSucceeded, trial.State)
	}
}
