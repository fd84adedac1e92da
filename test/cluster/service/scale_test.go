package service_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestScale runs HONE_SCALE trials in all, a tenth of them at once, on fake nodes: the API server, the controllers and
// Hone are real, the kubelets are kwok's. The readings come from this test in place of the programs.
func TestScale(t *testing.T) {
	total, err := strconv.Atoi(os.Getenv("HONE_SCALE"))
	if err != nil {
		t.Skip("HONE_SCALE is not set: it says how many trials to run, such as 10000")
	}
	delay := os.Getenv("HONE_SCALE_TIME")
	if delay == "" {
		delay = "30s"
	}
	s := serveAnywhere(t, "--cluster-request-rate", "1000", "--log-level", "debug")
	began := time.Now()
	s.hone("submit", s.write("scale", fmt.Sprintf("parallelism: %d\nbudget: {trials: %d}\nmetrics: {source: push}", total/10, total), fmt.Sprintf(`
manifest:
  apiVersion: batch/v1
  kind: Job
  spec:
    backoffLimit: 0
    template:
      metadata: {annotations: {pod-complete.stage.kwok.x-k8s.io/delay: %s}}
      spec:
        restartPolicy: Never
        nodeSelector: {type: kwok}
        tolerations: [{key: kwok.x-k8s.io/node, operator: Exists}]
        containers: [{name: train, image: "fake:1", command: [fake, "${parameters.lr}"]}]`, delay)))
	done := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() { s.report("scale", done) })
	var peak int
	for deadline := began.Add(2 * time.Hour); ; time.Sleep(2 * time.Second) {
		require.True(t, time.Now().Before(deadline), "it takes longer than two hours")
		peak = max(peak, s.memory())
		if state := s.experiment("scale").Status.State; state != "Running" && state != "Created" {
			break
		}
	}
	took := time.Since(began)
	close(done)
	work.Wait()
	e := s.experiment("scale")
	require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
	latencies := s.successors("scale")
	require.NotEmpty(t, latencies)
	at := func(p float64) time.Duration { return latencies[int(p*float64(len(latencies)-1))] }
	t.Logf("%d trials, %d at once: %v, %.1f trials a second; successor median %v, p99 %v, most %v; memory at most %d MiB",
		total, total/10, took.Round(time.Second), float64(total)/took.Seconds(), at(0.5), at(0.99), at(1), peak)
	s.nothingLeft()
}

// report sends one reading for each trial that runs.
func (s *service) report(name string, done <-chan struct{}) {
	told := map[string]bool{}
	for {
		select {
		case <-done:
			return
		case <-time.After(500 * time.Millisecond):
		}
		for cursor := ""; ; {
			var page struct {
				Trials []trial
				Cursor string
			}
			if err := s.call("GET", fmt.Sprintf("/experiments/%s/trials?state=Running&limit=1000%s", name, cursor), "", &page); err != nil {
				break
			}
			for _, tr := range page.Trials {
				if told[tr.Name] {
					continue
				}
				body := `{"measurements": [{"metric": "accuracy", "value": 0.5, "step": 1}]}`
				told[tr.Name] = s.call("POST", fmt.Sprintf("/experiments/%s/trials/%s/measurements", name, tr.Name), body, nil) == nil
			}
			if page.Cursor == "" {
				break
			}
			cursor = "&cursor=" + page.Cursor
		}
	}
}

// call makes a request of the service's API in its namespace.
func (s *service) call(method, path, body string, answer any) error {
	r, err := http.NewRequest(method, s.url+"/api/v1/namespaces/"+s.namespace+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", res.Status, data)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(data, answer)
	}
	return err
}

// memory is what the service holds, in MiB.
func (s *service) memory() int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	require.NoError(s.t, err)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
			require.NoError(s.t, err)
			return kib / 1024
		}
	}
	return 0
}
