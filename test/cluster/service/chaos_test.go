package service_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFaultsCostTimeAndNoTrial runs thirty trials while the service is killed five times, the API server for twenty
// seconds, a collector in its pod, and pods are deleted.
func TestFaultsCostTimeAndNoTrial(t *testing.T) {
	s := serve(t)
	const trials, steps = 30, 20
	s.hone("submit", s.write("chaos", "parallelism: 3\nbudget: {trials: 30}", trainer("print=100ms", "steps=20", "say=${parameters.lr}")))
	names := map[string]string{} // of jobs, with the UID that each had
	faults := map[int]func(){
		3:  func() { s.crash() },
		6:  func() { s.crash() },
		8:  func() { s.killCollector() },
		11: func() { s.c.Outage("kube-apiserver", 20*time.Second) },
		14: func() { s.crash() },
		17: func() { s.deletePod() },
		20: func() { s.crash() },
		24: func() { s.crash() },
	}
	s.until("all trials have ended", func() bool {
		s.noteJobs(names)
		ended := 0
		all, _, err := s.try("trials", "chaos", "-o", "json")
		if err != nil {
			return false
		}
		var page struct{ Trials []trial }
		require.NoError(t, json.Unmarshal([]byte(all), &page))
		for _, tr := range page.Trials {
			if tr.State == "Succeeded" || tr.State == "Failed" {
				ended++
			}
		}
		for at, fault := range faults {
			if ended >= at {
				delete(faults, at)
				t.Logf("a fault after %d trials", ended)
				fault()
				break
			}
		}
		return ended == trials
	})
	require.Empty(t, faults)
	e := s.finished("chaos")
	require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
	attempts := 0
	for _, tr := range s.trials("chaos") {
		require.Equal(t, "Succeeded", tr.State, "%s: %s", tr.Name, tr.Message)
		require.Equal(t, curve(steps), s.steps(tr.Name), tr.Name)
		attempts += tr.Attempt
	}
	require.GreaterOrEqual(t, len(names), trials)
	require.LessOrEqual(t, len(names), attempts, "an object for each attempt, and no more: %v", names)
	t.Logf("%d trials, %d attempts, %d objects", trials, attempts, len(names))
	s.nothingLeft()
}

// crash kills the service, -9, and starts it again a moment later.
func (s *service) crash() {
	s.end(syscall.SIGKILL)
	time.Sleep(rand.N(3 * time.Second))
	s.start()
}

// noteJobs remembers the jobs that there are. A name that comes again with another UID was made twice.
func (s *service) noteJobs(names map[string]string) {
	out, err := s.c.Try("-n", s.namespace, "get", "jobs", "-o", `jsonpath={range .items[*]}{.metadata.name} {.metadata.uid}{"\n"}{end}`)
	if err != nil {
		return // the API server is away
	}
	for line := range strings.Lines(out) {
		name, uid, _ := strings.Cut(strings.TrimSpace(line), " ")
		if before, known := names[name]; known {
			require.Equal(s.t, before, uid, "%s was made twice", name)
		}
		names[name] = uid
	}
}

// running is a trial whose pod runs.
func (s *service) running() string {
	name := ""
	s.until("a pod runs", func() bool {
		out, _ := s.c.Try("-n", s.namespace, "get", "pods", "--field-selector=status.phase=Running", "-o", `jsonpath={.items[0].metadata.labels.hone\.dev/trial}`)
		name = strings.TrimSpace(out)
		return strings.HasPrefix(name, "chaos-")
	})
	return name
}

// killCollector kills the sidecar of a trial in the middle of its work.
func (s *service) killCollector() {
	s.until("a collector is killed", func() bool { return s.c.KillProcess("collector follow", "HONE_TRIAL="+s.running()) })
}

func (s *service) deletePod() {
	s.c.Kubectl("-n", s.namespace, "delete", "pods", "-l", "hone.dev/trial="+s.running(), "--wait=false")
}
