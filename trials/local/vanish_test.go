package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// vanishing is a trial that removes its own folder, notes that it was started, and stays; and the file with
// the notes.
func vanishing(t *testing.T) (hone.Launch, string) {
	notes := filepath.Join(t.TempDir(), "notes")
	e := shell(t, `rm -rf "$HONE_TRIAL_DIR"; sh -c 'trap "" HUP; echo $HONE_ATTEMPT $$ >> `+notes+`; for i in $(seq 2000); do sleep 0.05; done' & wait`)
	return trialstest.Launch(e, 1, 1), notes
}

// vanished starts such a trial and returns the processes of it that stay when its supervisor is killed.
func vanished(t *testing.T, r *local.Runner, l hone.Launch, notes string) []int {
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	return children(t, notes, 1)
}

// children are the processes in the notes, once there are so many.
func children(t *testing.T, notes string, n int) (pids []int) {
	trialstest.Until(t, "the trial has noted its start", func() bool {
		data, _ := os.ReadFile(notes)
		return strings.Count(string(data), "\n") >= n
	})
	data, err := os.ReadFile(notes)
	require.NoError(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		pids = append(pids, number(t, strings.Fields(line)[1]))
	}
	require.Len(t, pids, n)
	return pids
}

func TestATrialThatRemovesItsFolderCanBeStoppedAndItsEndIsKnown(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	l, notes := vanishing(t)
	vanished(t, r, l, notes)
	require.NoError(t, r.Close())

	r = open(t, dataDir) // which has never heard of the experiment
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	exit := trialstest.Finish(t, r, l.ID())
	require.True(t, exit.Requested)
	require.Equal(t, hone.Killed, exit.Reason)
	require.Equal(t, exit, trialstest.Finish(t, r, l.ID()), "it is known again")
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0), "what has ended can be stopped")
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, exit, trialstest.Finish(t, r, l.ID()), "it is not started again")
	require.NoError(t, r.Close())
	trialstest.Until(t, "the supervisor has left", func() bool { return supervisorOf(dataDir) == 0 })

	r = open(t, dataDir)
	require.Equal(t, exit, trialstest.Finish(t, r, l.ID()), "and known to whoever comes later")
	_, err = r.Start(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, exit, trialstest.Finish(t, r, l.ID()))
	children(t, notes, 1)
}

func TestWhatATrialWithoutAFolderLeftIsNotAliveTwice(t *testing.T) {
	for _, tt := range []struct {
		name string
		then func(t *testing.T, r *local.Runner, l hone.Launch)
		want int // starts
	}{
		{"the same attempt is lost when it is started again", func(t *testing.T, r *local.Runner, l hone.Launch) {
			for range 2 {
				_, err := r.Start(t.Context(), l)
				require.NoError(t, err)
				require.Equal(t, hone.Lost, trialstest.Finish(t, r, l.ID()).Reason)
			}
		}, 1},
		{"the same attempt is lost when it is waited for", func(t *testing.T, r *local.Runner, l hone.Launch) {
			r.Close()
			r = open(t, r.DataDir)
			_, err := r.Start(t.Context(), trialstest.Launch(l.Experiment, 2, 1)) // so that there is a name
			require.NoError(t, err)
			defer trialstest.Finish(t, r, hone.AttemptID{UID: l.Experiment.UID, Number: 2, Attempt: 1})
			defer func() {
				require.NoError(t, r.Stop(t.Context(), hone.AttemptID{UID: l.Experiment.UID, Number: 2, Attempt: 1}, 0))
			}()
			require.Equal(t, hone.Lost, trialstest.Finish(t, r, l.ID()).Reason)
		}, -1},
		{"the next attempt begins when the last is dead", func(t *testing.T, r *local.Runner, l hone.Launch) {
			l.Trial.Attempt = 2
			_, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
			trialstest.Finish(t, r, l.ID())
		}, -1},
		{"it is stopped when nobody watches over it", func(t *testing.T, r *local.Runner, l hone.Launch) {
			require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
		}, 1},
	} {
		for _, all := range []bool{false, true} {
			name := tt.name
			if all {
				name += ", and the lock of the supervisor has gone too"
			}
			t.Run(name, func(t *testing.T) {
				dataDir := t.TempDir()
				r := open(t, dataDir)
				l, notes := vanishing(t)
				pid := vanished(t, r, l, notes)[0]
				require.NoError(t, syscall.Kill(supervisorOf(dataDir), syscall.SIGKILL))
				trialstest.Until(t, "the supervisor is dead", func() bool { return supervisorOf(dataDir) == 0 })
				require.True(t, trialstest.Alive(pid), "or there is nothing to test")
				if all {
					require.NoError(t, os.Remove(filepath.Join(dataDir, "supervisor.lock")))
				}
				tt.then(t, r, l)
				require.False(t, trialstest.Alive(pid))
				if tt.want > 0 {
					children(t, notes, tt.want)
				}
			})
		}
	}
}

func number(t *testing.T, text string) (n int) {
	for _, c := range text {
		require.Contains(t, "0123456789", string(c))
		n = 10*n + int(c-'0')
	}
	return n
}
