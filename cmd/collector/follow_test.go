package main

import (
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadingsReachTheService(t *testing.T) {
	w := newWorld(t, `{}`)
	p := w.sidecar()
	w.program(`for i in 1 2 3; do echo "loss=$i"; done`)
	w.eventually(func() bool { return len(w.values()) == 3 })
	require.Equal(t, last{Delivered: true, Readings: 3}, w.terminate(p))
	require.Equal(t, numbers(3), w.values())
}

func TestWhatIsLeftIsDeliveredAtTheEnd(t *testing.T) {
	w := newWorld(t, `{"source": "file", "path": "metrics.txt"}`)
	p := w.sidecar()
	w.program(`cd $HONE_TRIAL_DIR; for i in $(seq 5000); do echo "loss=$i"; done >metrics.txt`)
	require.Equal(t, last{Delivered: true, Readings: 5000}, w.terminate(p))
	require.Equal(t, numbers(5000), w.values())
}

func TestAKilledSidecarLosesAndRepeatsNothing(t *testing.T) {
	w := newWorld(t, `{}`)
	const all = 20000
	p := w.sidecar()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.program(`for i in $(seq 40); do n=$((($i-1)*500)); seq -f "loss=%.0f" $((n+1)) $((n+500)); sleep 0.05; done`)
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(time.Duration(rand.IntN(150)) * time.Millisecond):
		}
		require.NoError(t, p.Process.Kill())
		_ = p.Wait()
		p = w.start("follow")
	}
	require.NoError(t, p.Process.Kill())
	_ = p.Wait()
	p = w.sidecar()
	require.Equal(t, last{Delivered: true, Readings: all}, w.terminate(p))
	require.Equal(t, numbers(all), w.values())
}

func TestTheServiceIsWaitedFor(t *testing.T) {
	w := newWorld(t, `{}`)
	p := w.sidecar()
	faults := []http.HandlerFunc{
		func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no backend", http.StatusBadGateway) },
		func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "not found", http.StatusNotFound) },
		func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>welcome</html>")) },
		func(rw http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(rw).Hijack()
			if err == nil {
				_ = c.Close()
			}
		},
	}
	for i, fault := range faults {
		w.answer(fault)
		w.program(`echo "loss=` + numbers(4)[i] + `"`)
		before := w.requests()
		w.eventually(func() bool { return w.requests() > before+1 })
		w.answer(nil)
		w.eventually(func() bool { return len(w.values()) == i+1 })
	}
	require.Equal(t, last{Delivered: true, Readings: 4}, w.terminate(p))
}

func TestWhatIsRefusedForGoodIsTold(t *testing.T) {
	w := newWorld(t, `{}`)
	w.env = append(w.env, "HONE_TOKEN=another")
	p := w.sidecar()
	w.program(`echo loss=1`)
	l := w.terminate(p)
	require.False(t, l.Delivered)
	require.Contains(t, l.Error, "the token is not that of trial 1")
}

func TestTheEndDoesNotLastForEver(t *testing.T) {
	w := newWorld(t, `{}`)
	w.answer(func(rw http.ResponseWriter, _ *http.Request) { http.Error(rw, "no backend", http.StatusBadGateway) })
	w.env = append(w.env, "HONE_FLUSH=300ms")
	p := w.sidecar()
	w.program(`echo loss=1; echo loss=2`)
	l := w.terminate(p)
	require.False(t, l.Delivered)
	require.Contains(t, l.Error, "2 readings were not delivered")
	require.Contains(t, l.Error, "502")
}

func TestAProgramThatIsStartedAgainIsFollowed(t *testing.T) {
	w := newWorld(t, `{}`)
	p := w.sidecar()
	w.program(`printf loss=1`)
	w.eventually(func() bool { return len(w.values()) == 1 })
	w.program(`printf 'loss=2\nloss=3'`)
	require.Equal(t, last{Delivered: true, Readings: 3}, w.terminate(p))
	require.Equal(t, numbers(3), w.values())
}

func TestOnlyOneOfSeveralReplicasReports(t *testing.T) {
	for _, others := range [][]string{{"HONE_INDEX=2"}, {"JOB_COMPLETION_INDEX=1"}, {"HONE_INDEX=0", "JOB_COMPLETION_INDEX=1"}} {
		w := newWorld(t, `{}`)
		w.env = append(w.env, others...)
		p := w.sidecar()
		w.program(`echo loss=1`)
		require.Equal(t, last{Delivered: true}, w.terminate(p), others)
		require.Empty(t, w.values(), others)
		require.NoFileExists(t, w.dir+"/run/stdout", "nobody would read it")
	}
}

func TestASidecarWithoutSettingsSaysWhatIsMissing(t *testing.T) {
	w := newWorld(t, `{}`)
	w.env = append(os.Environ(), "HONE_DIR="+w.dir, "HONE_TERMINATION_LOG="+w.last)
	p := w.start("follow")
	require.Error(t, p.Wait())
	require.Contains(t, p.stderr.String(), "HONE_TOKEN: is not set")
}
