package problems_test

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/problems"
)

// interpreter writes a program that takes the place of Python.
func interpreter(t *testing.T, program string) string {
	path := filepath.Join(t.TempDir(), "python")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+program), 0o700))
	return path
}

// trainings makes the problems of an interpreter.
func trainings(t *testing.T, python string) []*problems.Problem {
	all, err := problems.Suite(problems.Options{Python: python})
	require.NoError(t, err)
	live, err := problems.Find(all, "^live-")
	require.NoError(t, err)
	require.NotEmpty(t, live)
	return live
}

func TestTrainingsAreAskedFor(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	p := trainings(t, interpreter(t, `
echo '{"ready": "1"}'
while read -r line; do echo "$line" >>`+asked+`; echo '{"value": 0.25}'; done`))[0]
	a := p.Space.FromUnit([]float64{0, 0, 0})
	require.Equal(t, 0.25, p.Value(a))
	require.Equal(t, 0.25, p.Value(a))
	got, err := os.ReadFile(asked)
	require.NoError(t, err)
	line := `{"task":"svr-diabetes","parameters":{"C":0.01,"epsilon":0.01,"gamma":0.00001}}` + "\n"
	require.Equal(t, line+line, string(got))
}

func TestATrainingThatFailsHasNoValue(t *testing.T) {
	p := trainings(t, interpreter(t, `
echo '{"ready": "1"}'
while read -r line; do echo '{"value": null, "why": "because"}'; done`))[0]
	require.True(t, math.IsNaN(p.Value(p.Space.FromUnit([]float64{0, 0, 0}))))
}

func TestAnInterpreterThatDiesIsStartedAgain(t *testing.T) {
	died := filepath.Join(t.TempDir(), "died")
	p := trainings(t, interpreter(t, `
echo '{"ready": "1"}'
read -r line
if [ -e `+died+` ]; then echo '{"value": 3}'; read -r line; fi
touch `+died))[0]
	require.Equal(t, 3.0, p.Value(p.Space.FromUnit([]float64{0, 0, 0})))
}

func TestATrainingThatAlwaysKillsTheInterpreterHasNoValue(t *testing.T) {
	p := trainings(t, interpreter(t, `
echo '{"ready": "1"}'
read -r line`))[0]
	require.True(t, math.IsNaN(p.Value(p.Space.FromUnit([]float64{0, 0, 0}))))
}

func TestInterpretersThatCannotTrain(t *testing.T) {
	for name, python := range map[string]string{
		"none":            filepath.Join(t.TempDir(), "none"),
		"no scikit-learn": interpreter(t, `echo "No module named 'sklearn'" >&2; exit 1`),
	} {
		_, err := problems.Suite(problems.Options{Python: python})
		require.ErrorIs(t, err, hone.InvalidArgument, name)
	}
}

func TestRealTrainings(t *testing.T) {
	python := os.Getenv("HONE_BENCH_PYTHON")
	if python == "" {
		t.Skip("HONE_BENCH_PYTHON names no interpreter with scikit-learn")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, p := range trainings(t, python) {
		best := math.Inf(1)
		for range 6 {
			a := p.Space.Draw(rng)
			v := p.Value(a)
			require.Equal(t, v, p.Value(a), "the same training has the same result")
			best = math.Min(best, v)
			require.Greater(t, v, 0.99*p.Optimum, p.Name)
		}
		require.Less(t, best, 2*p.Typical(), p.Name)
		require.Less(t, p.Optimum, p.Typical())
	}
}
