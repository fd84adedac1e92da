package local

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func FuzzStat(f *testing.F) {
	f.Add([]byte("1 (a) b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, data []byte) { parseStat(1, data); parseMark(data); parseOOMKills(data) })
}

func TestAProcessOfThisMachineIsUnderstood(t *testing.T) {
	p, ok := readProcess(os.Getpid())
	require.True(t, ok)
	require.Equal(t, os.Getppid(), p.parent)
	require.Equal(t, syscall.Getpgrp(), p.group)
	require.Less(t, p.started, bootClock())
	require.Greater(t, p.started, bootClock()-time.Hour)
	_, ok = parseStat(1, []byte("1 (zombie) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n"))
	require.False(t, ok)
	m, ok := parseMark([]byte("A=b\x00HONE_TRIAL_DIR=/d/x\x00HONE_ATTEMPT=3\x00"))
	require.True(t, ok)
	require.Equal(t, mark{"/d/x", 3}, m)
	require.EqualValues(t, 12, parseOOMKills([]byte("a 1\noom_kill 12\nb 3\n")))
}

func TestOnlyWhatCarriesTheMarkBelongs(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	cmd.Env = append(os.Environ(), "HONE_TRIAL_DIR=/data/trials/a-u/a-0001", "HONE_ATTEMPT=2")
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	p, ok := readProcess(cmd.Process.Pid)
	require.True(t, ok)
	r := record{Intent: &intent{Clock: int64(p.started)}, Birth: &birth{PID: p.pid, Clock: int64(p.started + tick)}}
	require.True(t, belongs(p, r, mark{"/data/trials/a-u/a-0001", 2}))
	require.False(t, belongs(p, r, mark{"/data/trials/a-u/a-0001", 1}), "another attempt")
	require.False(t, belongs(p, r, mark{"/copy/trials/a-u/a-0001", 2}), "the same trial in a copy of the data directory")
	require.False(t, belongs(p, record{}, mark{"/data/trials/a-u/a-0001", 2}), "no intent")
	require.True(t, isLeader(p, r))
	r.Birth.Clock = int64(p.started) - 1
	require.False(t, isLeader(p, r), "its number was another's when the record was written")
	r.Intent.Clock = int64(p.started + time.Second)
	require.False(t, belongs(p, r, mark{"/data/trials/a-u/a-0001", 2}), "older than the attempt")
}
