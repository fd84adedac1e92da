package local_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// openWith makes a runner whose own environment is the test's to choose.
func openWith(t *testing.T, dataDir string, env ...string) *local.Runner {
	t.Helper()
	r, err := local.New(local.Options{DataDir: dataDir, Supervisor: supervisorCommand(t), Environment: env})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close(); endAll(t, dataDir) })
	return r
}

func gpuExperiment(t *testing.T, gpus int) hone.Experiment {
	e := shell(t, `echo "devices=$CUDA_VISIBLE_DEVICES"; while [ ! -e "$HONE_TRIAL_DIR/go" ]; do sleep 0.01; done`)
	e.Spec.Trial.GPUs = gpus
	return e
}

func gpuLaunch(e hone.Experiment, number int, devices string) hone.Launch {
	l := trialstest.Launch(e, number, 1)
	l.Environment = append(l.Environment, "CUDA_VISIBLE_DEVICES="+devices)
	return l
}

func TestEachTrialGetsDevicesOfItsOwn(t *testing.T) {
	dataDir := t.TempDir()
	env := "CUDA_VISIBLE_DEVICES=4,7,GPU-abc"
	r := openWith(t, dataDir, env)
	e := gpuExperiment(t, 1)
	free := func(r *local.Runner, want int) {
		t.Helper()
		n, err := r.Free(t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	free(r, 3)
	require.Zero(t, supervisorOf(dataDir), "to know that nothing runs, nothing is started")
	first, err := r.Start(t.Context(), gpuLaunch(e, 1, "4,7,GPU-abc"))
	require.NoError(t, err)
	second, err := r.Start(t.Context(), gpuLaunch(e, 2, "4,7,GPU-abc"))
	require.NoError(t, err)
	require.Equal(t, "devices=4\n", trialstest.UntilPrinted(t, first.Stdout, "\n"))
	require.Equal(t, "devices=7\n", trialstest.UntilPrinted(t, second.Stdout, "\n"))
	free(r, 1)
	require.NoError(t, r.Close())

	r = openWith(t, dataDir, env) // which adopts them
	free(r, 1)
	_, err = r.Start(t.Context(), gpuLaunch(e, 3, "4,7"))
	require.ErrorIs(t, err, hone.ResourceExhausted)
	require.NoError(t, os.WriteFile(filepath.Join(first.Dir, "go"), nil, 0o600))
	trialstest.Finish(t, r, gpuLaunch(e, 1, "").ID())
	free(r, 2)
	third, err := r.Start(t.Context(), gpuLaunch(e, 3, "4,7"))
	require.NoError(t, err)
	require.Equal(t, "devices=4\n", trialstest.UntilPrinted(t, third.Stdout, "\n"))
	e.Spec.Trial.GPUs = 2
	free(r, 0)
	e.Spec.Trial.GPUs = 0
	free(r, math.MaxInt32)
}

func TestTheDriverIsAskedForDevices(t *testing.T) {
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte("#!/bin/sh\necho 'GPU 0: NVIDIA A100 (UUID: GPU-1)'\necho 'GPU 1: NVIDIA A100 (UUID: GPU-2)'\n"), 0o700))
	r := openWith(t, t.TempDir(), "PATH="+bin+":"+os.Getenv("PATH"))
	n, err := r.Free(t.Context(), gpuExperiment(t, 1))
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.NoError(t, r.Check(t.Context(), gpuExperiment(t, 2)))
	err = r.Check(t.Context(), gpuExperiment(t, 3))
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "only 2")
}

func TestCheckRefusesWhatThisMachineCannotRun(t *testing.T) {
	r := openWith(t, t.TempDir(), "PATH=/nowhere")
	for _, tt := range []struct {
		name   string
		change func(*hone.TrialTemplate)
		want   []string
	}{
		{"a command", func(*hone.TrialTemplate) {}, nil},
		{"no command", func(t *hone.TrialTemplate) { t.Command = nil }, []string{"spec.trial.command"}},
		{"an image", func(t *hone.TrialTemplate) { t.Image = "registry.example/a:1" }, []string{"spec.trial.image", "Kubernetes"}},
		{"a manifest", func(t *hone.TrialTemplate) { t.Manifest = []byte(`{"kind":"Job"}`) }, []string{"spec.trial.manifest", "Kubernetes", "hone submit", "docs/kubernetes.md"}},
		{"GPUs where there are none", func(t *hone.TrialTemplate) { t.GPUs = 1 }, []string{"spec.trial.gpus", "none"}},
		{"all of that", func(t *hone.TrialTemplate) { t.GPUs, t.Image = 1, "x" }, []string{"spec.trial.gpus", "spec.trial.image"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := trialstest.Experiment(t, "exit", "0")
			tt.change(e.Spec.Trial)
			err := r.Check(t.Context(), e)
			if tt.want == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, hone.InvalidArgument)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
	external := trialstest.Experiment(t)
	external.Spec.Trial = nil
	require.NoError(t, r.Check(t.Context(), external))
}

func TestNeitherEnvironmentNorTokenIsWrittenDown(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	l := trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1)
	l.Token, l.URL = "a-secret-token", "http://127.0.0.1:1"
	l.Environment = append(l.Environment, "PASSWORD=a-secret-word")
	trialstest.RunOne(t, r, l)
	require.NoError(t, filepath.WalkDir(dataDir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		require.NotContains(t, string(data), "a-secret", path)
		info, _ := d.Info()
		require.Zero(t, info.Mode().Perm()&0o077, "%s is for its user alone", path)
		return err
	}))
	require.False(t, strings.Contains(dataDir, "a-secret"))
}
