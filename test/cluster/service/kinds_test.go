package service_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const epochs = 5

// asJob, asPyTorchJob and asTrainJob run the digits trainer.
const asJob = `
manifest:
  apiVersion: batch/v1
  kind: Job
  spec:
    backoffLimit: 0
    template:
      spec:
        restartPolicy: Never
        containers:
          - {name: train, image: "` + digitsImage + `", imagePullPolicy: Never, command: [/digits, "--lr=${parameters.lr}", --epochs=5]}`

const asPyTorchJob = `
manifest:
  apiVersion: kubeflow.org/v1
  kind: PyTorchJob
  spec:
    pytorchReplicaSpecs:
      Master:
        replicas: 1
        restartPolicy: Never
        template:
          spec:
            containers:
              - {name: pytorch, image: "` + digitsImage + `", imagePullPolicy: Never, command: [/digits], args: ["--lr=${parameters.lr}", --epochs=5]}`

const asTrainJob = `
manifest:
  apiVersion: trainer.kubeflow.org/v1alpha1
  kind: TrainJob
  spec:
    runtimeRef: {name: plain, kind: TrainingRuntime, apiGroup: trainer.kubeflow.org}
    trainer: {command: [/digits, "--lr=${parameters.lr}", --epochs=5]}`

const plainRuntime = `
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainingRuntime
metadata: {name: plain}
spec:
  mlPolicy: {numNodes: 1}
  template:
    spec:
      replicatedJobs:
        - name: node
          template:
            metadata: {labels: {trainer.kubeflow.org/trainjob-ancestor-step: trainer}}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  containers:
                    - {name: node, image: "` + digitsImage + `", imagePullPolicy: Never}
`

func TestDigitsAsJobPyTorchJobAndTrainJob(t *testing.T) {
	s := serve(t)
	s.c.Apply(s.namespace, plainRuntime)
	for _, of := range []struct{ name, trial string }{{"job", asJob}, {"pytorchjob", asPyTorchJob}, {"trainjob", asTrainJob}} {
		name, trial := of.name, of.trial
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.hone("submit", s.write(name, "parallelism: 3\nbudget: {trials: 12}", trial))
			e := s.finished(name)
			require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
			require.NotNil(t, e.Status.Best)
			require.Greater(t, e.Status.Best.Value, 0.9)
			trials := s.trials(name)
			require.Len(t, trials, 12)
			for _, tr := range trials {
				require.Equal(t, "Succeeded", tr.State, "%s: %s", tr.Name, tr.Message)
				require.Equal(t, 1, tr.Attempt)
				require.Equal(t, curve(epochs), s.steps(tr.Name), tr.Name)
				require.Equal(t, epochs, strings.Count(s.hone("logs", tr.Name), "accuracy="), "the log of %s is kept", tr.Name)
			}
			s.t.Logf("%s: from a terminal condition to the successor's creation: %v", name, s.successors(name))
		})
	}
	s.t = t
	s.c.Kubectl("-n", s.namespace, "delete", "trainingruntime", "plain")
	s.nothingLeft()
}

// successors reads from the service's log how long it took from each end that was seen until the first object of the next
// trial was sent, in order.
func (s *service) successors(name string) (out []time.Duration) {
	f, err := os.Open(s.log())
	require.NoError(s.t, err)
	defer f.Close()
	var ends []time.Time
	begun := map[string]bool{}
	for in := bufio.NewScanner(f); in.Scan(); {
		var line struct {
			Time    time.Time `json:"@timestamp"`
			Message string    `json:"@message"`
			Trial   string    `json:"trial"`
		}
		if json.Unmarshal(in.Bytes(), &line) != nil || !strings.HasPrefix(line.Trial, name+"-") {
			continue
		}
		switch {
		case line.Message == "ended":
			ends = append(ends, line.Time)
		case line.Message == "creating" && len(ends) > 0 && !begun[line.Trial]:
			out, ends, begun[line.Trial] = append(out, line.Time.Sub(ends[0])), ends[1:], true
		}
	}
	slices.Sort(out)
	return out
}
