package local_test

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

func TestTheSupervisorLeavesWhenNothingRunsAndNobodyIsThere(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	trialstest.RunOne(t, r, trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1))
	pid := supervisorOf(dataDir)
	require.NotZero(t, pid)
	require.NoError(t, r.Close())
	trialstest.Until(t, "the supervisor has left", func() bool { return !trialstest.Alive(pid) })
	require.NoFileExists(t, filepath.Join(dataDir, "supervisor.sock"))
}

func TestTheSupervisorStaysForItsTrialAndLeavesWithIt(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	go_ := filepath.Join(t.TempDir(), "go")
	l := trialstest.Launch(trialstest.Experiment(t, "until", go_), 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	trialstest.UntilPrinted(t, emission.Stdout, "waiting")
	pid := supervisorOf(dataDir)
	require.NoError(t, r.Close())
	require.NoError(t, os.WriteFile(go_, nil, 0o600))
	trialstest.Until(t, "the supervisor has left", func() bool { return !trialstest.Alive(pid) })
	next := open(t, dataDir)
	require.Empty(t, trialstest.Finish(t, next, l.ID()).Reason)
	require.Zero(t, supervisorOf(dataDir), "for what is on the disk nobody has to be asked")
	adopted, err := next.Start(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, emission, adopted)
	require.Empty(t, trialstest.Finish(t, next, l.ID()).Reason)
}

func TestWhoComesWhileTheSupervisorLeavesGetsAnother(t *testing.T) {
	dataDir := t.TempDir()
	defer endAll(t, dataDir)
	file := filepath.Join(t.TempDir(), "starts")
	e := trialstest.Experiment(t, "count", file)
	var wg sync.WaitGroup
	for side := range 3 {
		wg.Go(func() {
			for i := range 10 {
				r, err := local.New(local.Options{DataDir: dataDir, Supervisor: supervisorCommand(t)})
				if err != nil {
					t.Error(err)
					return
				}
				l := trialstest.Launch(e, side*10+i+1, 1)
				if _, err := r.Start(t.Context(), l); err != nil {
					t.Error(err)
				}
				if exit, err := r.Wait(t.Context(), l.ID()); err != nil || exit.Reason != "" {
					t.Error(exit, err)
				}
				_ = r.Close()
			}
		})
	}
	wg.Wait()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 30, strings.Count(string(data), "\n"))
}

func TestTheSupervisorHoldsNoneOfItsCallersDescriptors(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	hear, say, err := os.Pipe()
	require.NoError(t, err)
	_, err = unix.FcntlInt(say.Fd(), unix.F_SETFD, 0) // as one that a shell has left open for us
	require.NoError(t, err)
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	_, err = r.Start(t.Context(), l)
	require.NoError(t, err)
	require.NoError(t, say.Close())
	require.NoError(t, hear.SetReadDeadline(time.Now().Add(trialstest.Patience)))
	_, err = hear.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	trialstest.Finish(t, r, l.ID())
}

func TestASupervisorThatIsToldToEndEndsItsTrials(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(supervisorOf(dataDir), syscall.SIGTERM))
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, hone.Killed, exit.Reason)
	require.False(t, exit.Requested)
}

func TestAnotherVersionOfTheSupervisorIsNamedAndLeftInPeace(t *testing.T) {
	dataDir := t.TempDir()
	l, err := unixsock.Listen(filepath.Join(dataDir, "supervisor.sock"))
	require.NoError(t, err)
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		hello := []byte(`{"op":"hello","protocol":99,"pid":4711,"kind":"Unavailable","message":"no"}`)
		frame := binary.BigEndian.AppendUint32(nil, uint32(len(hello)))
		frame = append(binary.BigEndian.AppendUint32(frame, 0), hello...)
		_, _ = conn.Write(frame)
	}()
	r := open(t, dataDir)
	_, err = r.Start(t.Context(), trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1))
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "protocol 99")
	require.ErrorContains(t, err, "4711")
}

func TestASupervisorThatCannotBeginSaysWhy(t *testing.T) {
	r, err := local.New(local.Options{DataDir: t.TempDir(), Supervisor: []string{"sh", "-c", "echo no licence >&2; exit 1"}})
	require.NoError(t, err)
	_, err = r.Start(t.Context(), trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1))
	require.ErrorContains(t, err, "no licence")
	r, err = local.New(local.Options{DataDir: t.TempDir(), Supervisor: []string{"/no/such/program"}})
	require.NoError(t, err)
	_, err = r.Start(t.Context(), trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1))
	require.ErrorContains(t, err, "/no/such/program")
}

func TestASecondSupervisorStepsBack(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.ErrorIs(t, local.Supervise(t.Context(), dataDir, nil), hone.Unavailable)
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	trialstest.Finish(t, r, l.ID())
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	_, err := local.New(local.Options{DataDir: "relative", Supervisor: []string{"x"}})
	require.ErrorIs(t, err, hone.InvalidArgument)
	_, err = local.New(local.Options{DataDir: "/absolute"})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestADeepDataDirectoryWorks(t *testing.T) {
	dataDir := filepath.Join(t.TempDir(), strings.Repeat("deep-inside/", 20), "data")
	r := open(t, dataDir)
	exit, _ := trialstest.RunOne(t, r, trialstest.Launch(trialstest.Experiment(t, "exit", "0"), 1, 1))
	require.Empty(t, exit.Reason)
}
