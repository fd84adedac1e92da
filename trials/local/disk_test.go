package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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

func TestADataDirectoryThatIsRemovedWhileItIsUsedIsNamed(t *testing.T) {
	dataDir := filepath.Join(t.TempDir(), "data")
	r := open(t, dataDir)
	trialstest.RunOne(t, r, trialstest.Launch(shell(t, "true"), 1, 1))
	pid := supervisorOf(dataDir)
	t.Cleanup(func() { trialstest.Until(t, "the supervisor has left", func() bool { return !trialstest.Alive(pid) }) })
	t.Cleanup(func() { _ = r.Close() })
	require.NoError(t, os.RemoveAll(dataDir))
	_, err := r.Start(t.Context(), trialstest.Launch(shell(t, "true"), 2, 1))
	require.Equal(t, hone.Unavailable, hone.KindOf(err))
	require.ErrorContains(t, err, "data directory")
	require.ErrorContains(t, err, "has gone")
}
