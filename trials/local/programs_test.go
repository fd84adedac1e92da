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

func TestAProgramThatCannotBeStartedSaysWhatToDo(t *testing.T) {
	r := open(t, t.TempDir())
	bin := t.TempDir()
	write := func(dir, name, text string, mode os.FileMode) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), mode))
	}
	write(bin, "python3", "#!/bin/sh\n", 0o700)
	for i, tt := range []struct {
		name, program, workdir string
		want                   []string
	}{
		{"a program that is nowhere", "no-such", "", []string{`"no-such" is not in PATH`, bin}},
		{"python where there is only python3", "python", "", []string{"did you mean python3"}},
		{"a script in the working directory without its ./", "train.sh", "", []string{"write ./train.sh"}},
		{"a whole command in one string", "python3 train.py", "", []string{"one element for each argument"}},
		{"a relative program that is not there", "./missing.sh", "", []string{"./missing.sh is not there", "trial.workdir"}},
		{"a script that may not be executed", "./plain.sh", "", []string{"chmod +x", "plain.sh"}},
		{"a folder", "./folder", "", []string{"is a folder"}},
		{"a script whose interpreter is not there", "./bad.sh", "", []string{"interpreter"}},
		{"a text without an interpreter", "./text.sh", "", []string{"#!/bin/sh"}},
		{"a working directory that is not there", "sh", "missing-folder", []string{"missing-folder", "trial.workdir"}},
		{"a working directory that is a file", "sh", "plain.sh", []string{"plain.sh", "trial.workdir"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := trialstest.Experiment(t)
			e.Spec.Trial.Command, e.Spec.Trial.Workdir = []string{tt.program}, tt.workdir
			write(e.Directory, "train.sh", "#!/bin/sh\n", 0o700)
			write(e.Directory, "plain.sh", "#!/bin/sh\n", 0o600)
			write(e.Directory, "bad.sh", "#!/no/such/interpreter\n", 0o700)
			write(e.Directory, "text.sh", "no program at all", 0o700)
			require.NoError(t, os.Mkdir(filepath.Join(e.Directory, "folder"), 0o700))
			l := trialstest.Launch(e, i+1, 1)
			l.Environment = []string{"PATH=" + bin}
			if tt.program == "sh" {
				l.Environment = os.Environ()
			}
			exit, _ := trialstest.RunOne(t, r, l)
			require.Equal(t, hone.StartFailed, exit.Reason, exit.Message)
			for _, want := range tt.want {
				require.Contains(t, exit.Message, want)
			}
		})
	}
}

func TestAnArgumentWithAZeroByteIsRefused(t *testing.T) {
	r := open(t, t.TempDir())
	_, err := r.Start(t.Context(), trialstest.Launch(trialstest.Experiment(t, "args", "a\x00b"), 1, 1))
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestArgumentsThatAreTooLongAreAnExit(t *testing.T) {
	r := open(t, t.TempDir())
	exit, _ := trialstest.RunOne(t, r, trialstest.Launch(trialstest.Experiment(t, "args", strings.Repeat("x", 4<<20)), 1, 1))
	require.Equal(t, hone.StartFailed, exit.Reason)
	require.Contains(t, exit.Message, "longer than the system allows")
}

func TestAShellThatLostItsProgramExplainsItsStatus(t *testing.T) {
	r := open(t, t.TempDir())
	exit, _ := trialstest.RunOne(t, r, trialstest.Launch(shell(t, "no-such-program"), 1, 1))
	require.Equal(t, 127, exit.Code)
	require.Contains(t, exit.Message, "does not find")
	exit, _ = trialstest.RunOne(t, r, trialstest.Launch(shell(t, "exit 139"), 2, 1))
	require.Contains(t, exit.Message, "SIGSEGV")
}

func TestASignalOfTheProgramsOwnMakingIsItsFailure(t *testing.T) {
	r := open(t, t.TempDir())
	for i, name := range []string{"SEGV", "ABRT", "FPE", "ILL", "BUS", "SYS", "TRAP", "PIPE"} {
		exit, _ := trialstest.RunOne(t, r, trialstest.Launch(shell(t, "ulimit -c 0; kill -"+name+" $$"), i+1, 1))
		require.Equal(t, hone.NonZeroExit, exit.Reason, name)
		require.False(t, exit.Reason.Retryable())
		require.Contains(t, exit.Message, "SIG"+name)
	}
	exit, _ := trialstest.RunOne(t, r, trialstest.Launch(shell(t, "kill -USR1 $$"), 9, 1))
	require.Equal(t, hone.Killed, exit.Reason, "somebody else sent it, so another attempt may end well")
}

func TestTheProgramHasNoInputAndNothingElseOpen(t *testing.T) {
	r := open(t, t.TempDir())
	exit, out := trialstest.RunOne(t, r, trialstest.Launch(shell(t, `read line && echo "read $line"; ls /dev/fd/ | grep -c . ; umask`), 1, 1))
	require.Empty(t, exit.Reason)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Equal(t, "4", lines[0], "the standard three, and the folder that ls reads")
}

func TestATrialHasNoTerminalAndAGroupOfItsOwn(t *testing.T) {
	r := open(t, t.TempDir())
	exit, out := trialstest.RunOne(t, r, trialstest.Launch(shell(t, `ps -o pid=,pgid=,sid=,tty= -p $$`), 1, 1))
	if exit.Code == 127 {
		t.Skip("there is no ps here")
	}
	f := strings.Fields(out)
	require.Len(t, f, 4)
	require.Equal(t, f[0], f[1])
	require.Equal(t, f[0], f[2])
	require.Contains(t, "??", f[3])
}

func TestAProgramThatIsHaltedIsStoppedAllTheSame(t *testing.T) {
	r := open(t, t.TempDir())
	e := shell(t, `trap 'echo saved; exit 0' TERM; echo here; kill -STOP $$; while :; do sleep 0.01; done`)
	l := trialstest.Launch(e, 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	trialstest.UntilPrinted(t, emission.Stdout, "here")
	require.NoError(t, r.Stop(t.Context(), l.ID(), trialstest.Patience))
	exit := trialstest.Finish(t, r, l.ID())
	require.True(t, exit.Requested)
	require.Empty(t, exit.Reason, "it was woken to hear the signal")
	trialstest.UntilPrinted(t, emission.Stdout, "saved")
}

func TestASecondStopCanOnlyShortenTheGrace(t *testing.T) {
	r := open(t, t.TempDir())
	l := trialstest.Launch(trialstest.Experiment(t, "ignore"), 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	trialstest.UntilPrinted(t, emission.Stdout, "deaf")
	require.NoError(t, r.Stop(t.Context(), l.ID(), time.Hour))
	require.NoError(t, r.Stop(t.Context(), l.ID(), time.Millisecond))
	require.NoError(t, r.Stop(t.Context(), l.ID(), time.Hour))
	require.Equal(t, hone.Killed, trialstest.Finish(t, r, l.ID()).Reason)
}

func TestATimeoutIsKeptWhileNoControllerIsThere(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	e := trialstest.Experiment(t, "sleep")
	e.Spec.Trial.Timeout = hone.Duration(300 * time.Millisecond)
	l := trialstest.Launch(e, 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	trialstest.Until(t, "the supervisor has left with its trial", func() bool { return supervisorOf(dataDir) == 0 })
	require.Equal(t, hone.TimedOut, trialstest.Finish(t, open(t, dataDir), l.ID()).Reason)
}
