package local

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
)

const wholeRecord = `{"intent":{"version":1,"id":{"uid":"u","number":1,"attempt":1},"boot":"b","start":"2026-01-01T00:00:00Z","clock":5,"from":7}}
{"birth":{"pid":42,"clock":9}}
{"death":{"exit":{"reason":"NonZeroExit","message":"exit status 3","code":3},"boot":"b","sizes":[1,2,3]}}
`

func TestARecordIsReadAsFarAsItIsWhole(t *testing.T) {
	whole := parseRecord([]byte(wholeRecord))
	require.Equal(t, int64(7), whole.Intent.From)
	require.Equal(t, 42, whole.Birth.PID)
	require.Equal(t, 3, whole.Death.Exit.Code)
	lines := strings.SplitAfter(wholeRecord, "\n")
	for n := range len(wholeRecord) {
		r := parseRecord([]byte(wholeRecord[:n]))
		require.Equal(t, n >= len(lines[0]), r.Intent != nil, n)
		require.Equal(t, n >= len(lines[0])+len(lines[1]), r.Birth != nil, n)
		require.Nil(t, r.Death)
	}
	twice := parseRecord([]byte(wholeRecord + `{"death":{"exit":{"code":0}}}` + "\n"))
	require.Equal(t, whole, twice, "what was told first stands")
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(wholeRecord))
	f.Add([]byte("{\"intent\":null}\n\x00\x00"))
	f.Add([]byte(`{"death":{"exit":{"start":"never"}}}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := parseRecord(data)
		var again bytes.Buffer
		if err := r.add(&again); err == nil {
			one := parseRecord(again.Bytes())
			a, _ := json.Marshal(r)
			b, _ := json.Marshal(one)
			require.JSONEq(t, string(a), string(b))
		}
	})
}

func FuzzFrame(f *testing.F) {
	seed, err := frame(request{Op: opStart, Program: &program{Args: 2}}, pack(0, []string{"/", "sh", "-c"}, []string{"A=b"}))
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte{0, 0, 0, 2, 0, 0, 0, 0, '{', '}'})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var req request
		body, err := readFrame(bytes.NewReader(data), &req)
		if err != nil {
			return
		}
		for _, s := range unpack(body) {
			require.NotContains(t, s, "\x00")
		}
		require.NotPanics(t, func() { req.Place.valid() })
	})
}

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	for _, list := range [][]string{{""}, {"a"}, {"", "", ""}, {"a b", "\xff", "new\nline", ""}} {
		require.Equal(t, list, unpack(pack(0, list)))
	}
	require.Empty(t, unpack(nil))
	require.Empty(t, unpack([]byte("not ended")))
}

func TestAPlaceDoesNotLeadOutOfItsFolder(t *testing.T) {
	require.True(t, placeOf("digits", hone.AttemptID{UID: "u-1", Number: 3, Attempt: 1}).valid())
	for _, p := range []place{{}, {"a", "b", 0}, {"..", "b", 1}, {"a", "..", 1}, {"a/b", "c", 1}, {"a", "b/c", 1}, {"/", "b", 1}, {"a", "b\x00", 1}, {".", "b", 1}} {
		require.False(t, p.valid(), "%#v", p)
	}
}

func TestListsOfDevices(t *testing.T) {
	for list, want := range map[string][]string{
		"": nil, "-1": nil, "0": {"0"}, "0,1": {"0", "1"}, " 2 , 3 ": {"2", "3"}, "0,-1,2": {"0"}, "GPU-a,MIG-b": {"GPU-a", "MIG-b"},
	} {
		require.Equal(t, want, parseDevices(list), list)
	}
	for out, want := range map[string][]string{
		"":                        nil,
		"No devices were found\n": nil,
		"GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6)\nGPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-aa)\n":                                             {"0", "1"},
		"GPU 0: A100 (UUID: GPU-1)\n  MIG 1g.5gb     Device  0: (UUID: MIG-x)\n  MIG 1g.5gb     Device  1: (UUID: MIG-y)\nGPU 1: A100 (UUID: GPU-2)\n": {"MIG-x", "MIG-y", "1"},
		"GPU x: y\nMIG (UUID: GPU-1)\n": nil,
	} {
		require.Equal(t, want, parseDeviceList(out), out)
	}
}

func FuzzDeviceList(f *testing.F) {
	f.Add("GPU 0: A100 (UUID: GPU-1)\n  MIG 1g.5gb Device 0: (UUID: MIG-x)\n")
	f.Add("MIG (UUID: MIG-1)\nGPU 3:\nMIG (UUID: MIG-2)\nMIG (UUID: MIG-3)")
	f.Fuzz(func(t *testing.T, out string) {
		for _, d := range parseDeviceList(out) {
			require.NotEmpty(t, d)
		}
	})
}

func TestHowAProgramEndedIsSaid(t *testing.T) {
	exited := func(code int) syscall.WaitStatus { return syscall.WaitStatus(code << 8) }
	killed := func(s syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(s) }
	for _, tt := range []struct {
		name   string
		facts  ending
		status syscall.WaitStatus
		reason hone.Reason
		says   string
	}{
		{"a good end", ending{}, exited(0), "", ""},
		{"a bad one", ending{}, exited(2), hone.NonZeroExit, "exit status 2"},
		{"a signal", ending{}, killed(syscall.SIGSEGV), hone.NonZeroExit, "signal 11"},
		{"a kill out of nowhere", ending{}, killed(syscall.SIGKILL), hone.Killed, "dmesg"},
		{"a kill for want of memory", ending{memory: true}, killed(syscall.SIGKILL), hone.OutOfMemory, "out of memory"},
		{"the same in a shell", ending{memory: true}, exited(137), hone.OutOfMemory, "out of memory"},
		{"another signal while memory was short", ending{memory: true}, killed(syscall.SIGSEGV), hone.NonZeroExit, "signal 11"},
		{"a timeout", ending{timedOut: true, timeout: time.Minute}, killed(syscall.SIGTERM), hone.TimedOut, "trial.timeout (1m)"},
		{"a timeout after which it ended well", ending{timedOut: true, timeout: time.Minute}, exited(0), hone.TimedOut, "1m"},
		{"a timeout with force", ending{timedOut: true, killed: true, timeout: time.Minute, grace: time.Second}, killed(syscall.SIGKILL), hone.TimedOut, "within 1s of SIGTERM"},
		{"a stop", ending{requested: true}, killed(syscall.SIGTERM), hone.Killed, "signal 15"},
		{"a stop with force", ending{requested: true, killed: true, grace: time.Second}, killed(syscall.SIGKILL), hone.Killed, "not ended 1s after"},
		{"a stop that was answered", ending{requested: true}, exited(0), "", ""},
		{"the end of the supervisor", ending{shutdown: true}, exited(1), hone.Killed, "told to end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exit := tt.facts.exit(tt.status)
			require.Equal(t, tt.reason, exit.Reason)
			require.Contains(t, exit.Message, tt.says)
			require.Equal(t, tt.facts.requested, exit.Requested)
			require.Equal(t, tt.status.Signaled(), exit.Code == -1)
		})
	}
}

func TestTheEnvironmentHasEachNameOnce(t *testing.T) {
	l := hone.Launch{Environment: []string{"A=1", "B=2", "A=3", "nonsense", "=x", "HONE_URL=old", "PYTHONUNBUFFERED=", "Z=9"}, Token: "secret",
		Trial: hone.Trial{Attempt: 2}}
	require.ElementsMatch(t, []string{"A=3", "B=own", "PYTHONUNBUFFERED=", "Z=9", "HONE_TRIAL_DIR=/d", "HONE_ATTEMPT=2", "HONE_TOKEN=secret"},
		environment(l, []string{"B=own", "HONE_ATTEMPT=7"}, "/d"))
}

func TestAnEndThatCouldNotBeWrittenIsKnownAsLongAsTheSupervisorLives(t *testing.T) {
	id := hone.AttemptID{UID: "u", Number: 1, Attempt: 1}
	s := &supervisor{logger: hclog.NewNullLogger(), unsaved: map[hone.AttemptID]unsaved{}}
	a := &attempt{id: id, record: record{Intent: &intent{}}} // its record is not open
	want := hone.Exit{Code: 3, Reason: hone.NonZeroExit, End: time.Unix(1, 0)}
	s.save(a, want)
	got := s.watch(request{ID: id})
	require.NoError(t, got.err())
	require.Equal(t, &want, got.Exit)
}
