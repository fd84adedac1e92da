package local

import (
	"os"
	"strconv"
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
	self, ok := readProcess(os.Getpid())
	require.True(t, ok)
	born := int64(self.started)
	r := record{Intent: &intent{Clock: born}, Birth: &birth{PID: os.Getpid(), Clock: born + int64(tick)}}
	m := mark{dir: "/nowhere", attempt: 1}
	require.True(t, belongs(self, r, m), "the leader, by its moment")
	r.Birth.Clock = born - 1
	require.False(t, belongs(self, r, m), "the number is another's now")
	r.Birth = nil
	require.False(t, belongs(self, r, m), "it carries no mark")
	require.False(t, belongs(self, record{}, m))
	r.Intent.Clock = born + int64(time.Hour)
	r.Birth = &birth{PID: os.Getpid(), Clock: born + int64(time.Hour)}
	require.False(t, belongs(self, r, m), "older than the attempt: "+strconv.Itoa(self.pid))
}
