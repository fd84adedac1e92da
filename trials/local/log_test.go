package local_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

func readLog(t *testing.T, r *local.Runner, l hone.Launch, attempt int, stream string) string {
	t.Helper()
	log, err := r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: attempt, Stream: stream})
	require.NoError(t, err)
	defer log.Close()
	text, err := io.ReadAll(log)
	require.NoError(t, err)
	return string(text)
}

func TestTheLogIsKeptForEachAttempt(t *testing.T) {
	r := open(t, t.TempDir())
	e := shell(t, `echo "out $HONE_ATTEMPT"; echo "err $HONE_ATTEMPT" >&2`)
	trialstest.RunOne(t, r, trialstest.Launch(e, 1, 1))
	l := trialstest.Launch(e, 1, 2)
	trialstest.RunOne(t, r, l)
	require.Equal(t, "out 2\n", readLog(t, r, l, 0, "stdout"))
	require.Equal(t, "out 1\n", readLog(t, r, l, 1, "stdout"))
	require.Equal(t, "err 1\n", readLog(t, r, l, 1, "stderr"))
	require.Equal(t, "out 2\nerr 2\n", readLog(t, r, l, 2, ""))
}

func TestALogThatIsNotThereIsNotFound(t *testing.T) {
	r := open(t, t.TempDir())
	l := trialstest.Launch(shell(t, "true"), 1, 1)
	_, err := r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: 1})
	require.ErrorIs(t, err, hone.NotFound)
	trialstest.RunOne(t, r, l)
	for _, attempt := range []int{2, -1} {
		_, err = r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: attempt, Follow: true})
		require.ErrorIs(t, err, hone.NotFound)
	}
	_, err = r.OpenLog(t.Context(), l.Experiment, hone.Trial{Number: 1}, hone.LogQuery{})
	require.ErrorContains(t, err, "has not been started yet")
	_, err = r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: 1, Stream: "stdall"})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestFollowingShowsWhatComesAndEndsWithTheAttempt(t *testing.T) {
	r := open(t, t.TempDir())
	e := shell(t, `echo first; while [ ! -e "$HONE_TRIAL_DIR/go" ]; do sleep 0.01; done; i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done; echo bye >&2`)
	l := trialstest.Launch(e, 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	log, err := r.OpenLog(t.Context(), e, l.Trial, hone.LogQuery{Attempt: 1, Follow: true})
	require.NoError(t, err)
	defer log.Close()
	buf := make([]byte, 6)
	_, err = io.ReadFull(log, buf)
	require.NoError(t, err)
	require.Equal(t, "first\n", string(buf), "it is there while the program runs")
	require.NoError(t, os.WriteFile(filepath.Join(emission.Dir, "go"), nil, 0o600))
	rest, err := io.ReadAll(log)
	require.NoError(t, err)
	require.Equal(t, 501, strings.Count(string(rest), "\n"))
	require.True(t, strings.HasSuffix(string(rest), "line 499\nbye\n"))
}

func TestPartsOfALog(t *testing.T) {
	r := open(t, t.TempDir())
	const wide = 50_000 // two lines of it are more than what is read at once
	e := shell(t, `printf 'one\ntwo\nthree'; i=0; while [ $i -lt 3 ]; do head -c 50000 /dev/zero | tr '\0' x >&2; echo >&2; i=$((i+1)); done`)
	l := trialstest.Launch(e, 1, 1)
	trialstest.RunOne(t, r, l)
	for _, tt := range []struct {
		query hone.LogQuery
		start int64
		want  string
	}{
		{hone.LogQuery{Stream: "stdout"}, 0, "one\ntwo\nthree"},
		{hone.LogQuery{Stream: "stdout", Offset: 5}, 5, "wo\nthree"},
		{hone.LogQuery{Stream: "stdout", Offset: 100}, 100, ""},
		{hone.LogQuery{Stream: "stdout", Tail: 1}, 8, "three"},
		{hone.LogQuery{Stream: "stdout", Tail: 2, Offset: 12}, 4, "two\nthree"},
		{hone.LogQuery{Stream: "stdout", Tail: 3}, 0, "one\ntwo\nthree"},
		{hone.LogQuery{Stream: "stdout", Tail: 9}, 0, "one\ntwo\nthree"},
		{hone.LogQuery{Stream: "stderr", Tail: 1}, 2 * (wide + 1), strings.Repeat("x", wide) + "\n"},
		{hone.LogQuery{Stream: "stderr", Tail: 2, Follow: true}, wide + 1, strings.Repeat(strings.Repeat("x", wide)+"\n", 2)},
	} {
		log, err := r.OpenLog(t.Context(), l.Experiment, l.Trial, tt.query)
		require.NoError(t, err)
		require.Equal(t, tt.start, log.(hone.Positioned).Start(), "%+v", tt.query)
		text, err := io.ReadAll(log)
		require.NoError(t, err)
		require.True(t, tt.want == string(text), "%+v: %d bytes", tt.query, len(text))
		require.NoError(t, log.Close())
	}
	log, err := r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Tail: 1})
	require.NoError(t, err)
	text, err := io.ReadAll(log)
	require.NoError(t, err)
	require.Equal(t, "three"+strings.Repeat("x", wide)+"\n", string(text), "of each stream")
	_, positioned := log.(hone.Positioned)
	require.False(t, positioned, "there is no place in two streams")
	require.NoError(t, log.Close())
}

func TestFollowingEndsWithItsContext(t *testing.T) {
	r := open(t, t.TempDir())
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	log, err := r.OpenLog(ctx, l.Experiment, l.Trial, hone.LogQuery{Attempt: 1, Stream: "stdout", Follow: true})
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(log)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, log.Close())
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	trialstest.Finish(t, r, l.ID())
}

func TestALogThatAProgramHasReplacedLeadsNowhere(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("not for you"), 0o600))
	for name, replace := range map[string]func(path string) error{
		"by a link":   func(path string) error { return os.Symlink(secret, path) },
		"by a pipe":   func(path string) error { return unix.Mkfifo(path, 0o600) },
		"by a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"with all of .hone": func(path string) error {
			own := filepath.Dir(filepath.Dir(path))
			if err := os.RemoveAll(own); err != nil {
				return err
			}
			return os.Symlink(filepath.Dir(secret), own)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, t.TempDir())
			l := trialstest.Launch(shell(t, "true"), 1, 1)
			emission, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			trialstest.Finish(t, r, l.ID())
			require.NoError(t, os.Remove(emission.Stdout))
			require.NoError(t, replace(emission.Stdout))
			_, err = r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: 1, Stream: "stdout"})
			require.Error(t, err)
		})
	}
}

func TestForgettingRemovesTheExperimentAndNothingElse(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	outside := filepath.Join(t.TempDir(), "precious")
	require.NoError(t, os.WriteFile(outside, nil, 0o600))
	e, other := shell(t, `ln -s `+filepath.Dir(outside)+` "$HONE_TRIAL_DIR/link"`), shell(t, "true")
	trialstest.RunOne(t, r, trialstest.Launch(e, 1, 1))
	trialstest.RunOne(t, r, trialstest.Launch(other, 1, 1))
	require.NoError(t, r.Forget(t.Context(), e.UID))
	require.NoDirExists(t, filepath.Join(dataDir, "trials", e.Name+"-"+e.UID))
	require.DirExists(t, filepath.Join(dataDir, "trials", other.Name+"-"+other.UID))
	require.FileExists(t, outside)
	require.NoError(t, r.Forget(t.Context(), e.UID), "once more does no harm")
	require.NoError(t, r.Forget(t.Context(), ""))
	require.DirExists(t, filepath.Join(dataDir, "trials", other.Name+"-"+other.UID))
}

func TestForgettingWhatRunsIsRefused(t *testing.T) {
	r := open(t, t.TempDir())
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.ErrorIs(t, r.Forget(t.Context(), l.Experiment.UID), hone.Conflict)
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	trialstest.Finish(t, r, l.ID())
	require.NoError(t, r.Forget(t.Context(), l.Experiment.UID))
}

func TestPruning(t *testing.T) {
	now := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	const each = 10_000
	for _, tt := range []struct {
		name string
		keep hone.Retention
		want []int // in the order of their worth
	}{
		{"without limits keeps all", hone.Retention{}, []int{5, 1, 4, 2, 3, 6}},
		{"by age keeps the young and the three best", hone.Retention{Age: 60 * time.Hour}, []int{5, 1, 4, 6}},
		{"by size keeps the best that fit", hone.Retention{Size: 4*each + each/2}, []int{5, 1, 4, 2}},
		{"by size keeps the three best, however large", hone.Retention{Size: 1}, []int{5, 1, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dataDir := t.TempDir()
			r, err := local.New(local.Options{DataDir: dataDir, Supervisor: supervisorCommand(t), Now: func() time.Time { return now }})
			require.NoError(t, err)
			t.Cleanup(func() { _ = r.Close(); endAll(t, dataDir) })
			e := shell(t, `head -c 10000 /dev/zero > "$HONE_TRIAL_DIR/model"`)
			dirs := map[int]string{}
			var trials []hone.Trial
			for _, n := range []int{5, 1, 4, 2, 3, 6} {
				emission, err := r.Start(t.Context(), trialstest.Launch(e, n, 1))
				require.NoError(t, err)
				trialstest.Finish(t, r, trialstest.Launch(e, n, 1).ID())
				end := now.Add(-time.Duration(7-n) * 24 * time.Hour)
				dirs[n] = emission.Dir
				trials = append(trials, hone.Trial{Experiment: e.Name, Number: n, Attempt: 1, State: hone.TrialSucceeded, EndTime: &end})
			}
			for range 2 { // the second time finds nothing more to do
				require.NoError(t, r.Prune(t.Context(), e, trials, tt.keep))
				var left []int
				for _, trial := range trials {
					if _, err := os.Stat(dirs[trial.Number]); err == nil {
						left = append(left, trial.Number)
					}
				}
				require.Equal(t, tt.want, left)
			}
		})
	}
}

func TestPruningLeavesWhatRunsAlone(t *testing.T) {
	r := open(t, t.TempDir())
	e := trialstest.Experiment(t, "sleep")
	var trials []hone.Trial
	end := time.Unix(1, 0)
	for n := 1; n <= 5; n++ {
		_, err := r.Start(t.Context(), trialstest.Launch(e, n, 1))
		require.NoError(t, err)
		trials = append(trials, hone.Trial{Experiment: e.Name, Number: n, Attempt: 1, State: hone.TrialFailed, EndTime: &end})
	}
	require.NoError(t, r.Prune(t.Context(), e, trials, hone.Retention{Size: 1, Age: 1}))
	for n := 1; n <= 5; n++ {
		l := trialstest.Launch(e, n, 1)
		readLog(t, r, l, 1, "stdout")
		require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
		trialstest.Finish(t, r, l.ID())
	}
}
