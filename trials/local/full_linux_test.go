package local_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// smallDisk mounts a file system of a few kilobytes.
func smallDisk(t *testing.T, size string) string {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("this user may not mount a file system:", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestAProgramThatFillsTheDiskKeepsItsExit(t *testing.T) {
	dir := smallDisk(t, "512k")
	r := open(t, dir)
	l := trialstest.Launch(shell(t, `echo accuracy=0.5; cat /dev/zero > "$HONE_TRIAL_DIR/big" 2>/dev/null; exit 3`), 1, 1)
	exit, out := trialstest.RunOne(t, r, l)
	require.Equal(t, 3, exit.Code)
	require.Equal(t, "accuracy=0.5\n", out)
	next := trialstest.Launch(l.Experiment, 2, 1)
	_, err := r.Start(t.Context(), next)
	require.ErrorIs(t, err, hone.ResourceExhausted)
	require.ErrorContains(t, err, "full")
	require.NoError(t, os.Remove(filepath.Join(dir, "trials", "digits-"+l.Experiment.UID, "digits-0001", "big")))
	next.Experiment.Spec.Trial.Command = []string{"true"}
	fresh, _ := trialstest.RunOne(t, r, next)
	require.Empty(t, fresh.Reason, "once there is space again, the start is made up for")
	require.NoError(t, r.Close())
	again := open(t, dir)
	require.Equal(t, exit, trialstest.Finish(t, again, l.ID()))
}

func TestAReadOnlyDataDirectoryIsNamed(t *testing.T) {
	dir := smallDisk(t, "512k")
	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	r := open(t, dir)
	_, err := r.Start(t.Context(), trialstest.Launch(shell(t, "true"), 1, 1))
	require.ErrorIs(t, err, hone.PermissionDenied)
	require.ErrorContains(t, err, "read-only")
}

func TestAnErrorDoesNotSayThatNothingWasStartedOfWhatWasStartedBefore(t *testing.T) {
	dir := smallDisk(t, "512k")
	r := open(t, dir)
	l := trialstest.Launch(shell(t, "true"), 1, 1)
	trialstest.RunOne(t, r, l)
	require.NoError(t, r.Close())
	trialstest.Until(t, "the supervisor has left, and the files that it wrote are closed", func() bool {
		return unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, "") == nil
	})
	r = open(t, dir)
	_, err := r.Start(t.Context(), l)
	require.Equal(t, hone.Unavailable, hone.KindOf(err))
	require.ErrorContains(t, err, "read-only")
	require.ErrorContains(t, err, "started before")
	l.Trial.Number = 2
	_, err = r.Start(t.Context(), l)
	require.Equal(t, hone.PermissionDenied, hone.KindOf(err), "nothing was started of this one")
}

func TestTheProgramDiesWithItsSupervisorEvenIfNobodyComesAfter(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	_, err := r.Start(t.Context(), trialstest.Launch(trialstest.Experiment(t, "ignore"), 1, 1))
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.NoError(t, unix.Kill(supervisorOf(dataDir), unix.SIGKILL))
	trialstest.Until(t, "nothing of it is left", func() bool { return len(processesOf(dataDir)) == 0 })
}
