package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/trialstest"
)

func shell(t *testing.T, script string) hone.Experiment {
	e := trialstest.Experiment(t)
	e.Spec.Trial.Command = []string{"sh", "-c", script}
	return e
}

// editRecord changes the record of an attempt, as a crash could have.
func editRecord(t *testing.T, e hone.Emission, edit func(string) string) {
	t.Helper()
	path := filepath.Join(filepath.Dir(e.Stdout), "record")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(edit(string(data))), 0o600))
}

func bootID(t *testing.T) string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Skip("the run of the machine has another name here")
	}
	return strings.TrimSpace(string(data))
}

func TestAfterAPowerLoss(t *testing.T) {
	boot := bootID(t)
	another := func(record string) string { return strings.ReplaceAll(record, boot, "another-boot") }
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, e hone.Emission)
		want   hone.Reason
	}{
		{"an end whose output is whole counts", func(t *testing.T, e hone.Emission) { editRecord(t, e, another) }, ""},
		{"an end whose output is cut off is lost", func(t *testing.T, e hone.Emission) {
			editRecord(t, e, another)
			require.NoError(t, os.Truncate(e.Stdout, 3))
		}, hone.Lost},
		{"an end whose output has gone is lost", func(t *testing.T, e hone.Emission) {
			editRecord(t, e, another)
			require.NoError(t, os.Remove(e.Stdout))
		}, hone.Lost},
		{"an end that is torn is lost", func(t *testing.T, e hone.Emission) {
			editRecord(t, e, func(r string) string { return strings.TrimSuffix(another(r), "}\n") })
		}, hone.Lost},
		{"a record of zero bytes is lost", func(t *testing.T, e hone.Emission) {
			editRecord(t, e, func(r string) string { return "" })
		}, hone.Lost},
		{"a record of garbage is lost", func(t *testing.T, e hone.Emission) {
			editRecord(t, e, func(r string) string { return strings.Repeat("\x00", len(r)) })
		}, hone.Lost},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dataDir := t.TempDir()
			r := open(t, dataDir)
			l := trialstest.Launch(shell(t, "echo accuracy=0.5"), 1, 1)
			emission, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			trialstest.Finish(t, r, l.ID())
			require.NoError(t, r.Close())
			tt.change(t, emission)
			before := time.Unix(1, 0)
			l.Trial.StartTime = &before // in an earlier run of the machine
			next := open(t, dataDir)
			_, err = next.Start(t.Context(), l)
			require.NoError(t, err)
			require.Equal(t, tt.want, trialstest.Finish(t, next, l.ID()).Reason)
		})
	}
}

func TestAStartOfAnEarlierRunOfTheMachineIsNotRepeated(t *testing.T) {
	r := open(t, t.TempDir())
	file := filepath.Join(t.TempDir(), "starts")
	l := trialstest.Launch(trialstest.Experiment(t, "count", file), 1, 1)
	before := time.Unix(1, 0)
	l.Trial.StartTime = &before
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, hone.Lost, trialstest.Finish(t, r, l.ID()).Reason)
	require.NoFileExists(t, file)
}

func TestAStartThatGotNoFurtherThanItsFolderIsBegunAnew(t *testing.T) {
	r := open(t, t.TempDir())
	l := trialstest.Launch(shell(t, "echo again"), 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	trialstest.Finish(t, r, l.ID())
	editRecord(t, emission, func(string) string { return "" })
	exit, out := trialstest.RunOne(t, r, l)
	require.Empty(t, exit.Reason)
	require.Equal(t, "again\n", out)
}

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
