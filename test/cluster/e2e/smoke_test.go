package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/hone-tuner/hone/test/cluster/clustertest"
	"github.com/hone-tuner/hone/test/cluster/image"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withPods connects to a cluster that runs pods; all of them have the image docker.io/local/probe:1.
func withPods(t *testing.T) *clustertest.Cluster {
	c := clustertest.Connect(t)
	c.NeedsPods()
	return c
}

// serveOnHost answers requests from pods, at the address that they know this machine by.
func serveOnHost(t *testing.T, c *clustertest.Cluster, text string) (url string) {
	listener, err := net.Listen("tcp", net.JoinHostPort(c.HostIP, "0"))
	require.NoError(t, err)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, text) })}
	go server.Serve(listener) //nolint:errcheck // ends by Close
	t.Cleanup(func() { server.Close() })
	return "http://" + listener.Addr().String()
}

func TestAJobRunsAndReachesTheHost(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace("pod-security.kubernetes.io/enforce=restricted")
	url := serveOnHost(t, c, "from the host")
	c.Apply(namespace, `
apiVersion: batch/v1
kind: Job
metadata: {name: train}
spec:
  template:
    spec:
      restartPolicy: Never
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      initContainers:
      - name: beside
        image: docker.io/local/probe:1
        imagePullPolicy: Never
        restartPolicy: Always
        args: [serve=8080]
        startupProbe: {httpGet: {port: 8080}, periodSeconds: 1}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
      containers:
      - name: main
        image: docker.io/local/probe:1
        imagePullPolicy: Never
        args: ["get=`+url+`", "get=http://127.0.0.1:8080/", "say=$(NODE)"]
        env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`)
	c.Wait(namespace, "job/train", "Complete", time.Minute)
	require.Equal(t, "from the host\nserved\nhone-node\n", c.Kubectl("-n", namespace, "logs", "job/train", "-c", "main"))
}

func TestRestrictedNamespacesRefuseOtherPods(t *testing.T) {
	c := clustertest.Connect(t)
	namespace := c.Namespace("pod-security.kubernetes.io/enforce=restricted")
	out, err := c.TryApply(namespace, `
apiVersion: v1
kind: Pod
metadata: {name: careless}
spec: {containers: [{name: main, image: "docker.io/local/probe:1"}]}
`)
	require.Error(t, err)
	require.Contains(t, out, "violates PodSecurity")
}

func TestAnImageOfOneFileRuns(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace()
	c.Load(image.Image{
		Name:       "docker.io/local/own:1",
		Files:      []image.File{{Path: "/opt/own/program", Data: c.Build("..", "./cmd/probe")}},
		Entrypoint: []string{"/opt/own/program"}, Command: []string{"say=default"},
		Env: []string{"GREETING=hello"}, User: "65532:65532", WorkingDir: "/opt",
	})
	c.Kubectl("-n", namespace, "run", "own", "--image=docker.io/local/own:1", "--restart=Never", "--image-pull-policy=Never")
	c.Kubectl("-n", namespace, "wait", "pod/own", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
	require.Equal(t, "default\n", c.Kubectl("-n", namespace, "logs", "own"))
}

func TestAPyTorchJobRuns(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace()
	c.Apply(namespace, pytorchJob("train", `["say=$(MASTER_ADDR)"]`, ""))
	c.Wait(namespace, "pytorchjob/train", "Succeeded", time.Minute)
	require.Contains(t, c.Kubectl("-n", namespace, "logs", "train-master-0"), "train-master-0")
}

func TestTheWorkersOfAPyTorchJobFindTheirMasterByName(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace()
	c.Apply(namespace, pytorchJob("train", "[serve=23456, say=end]", `["get=http://$(MASTER_ADDR):23456/"]`))
	for _, worker := range []string{"pod/train-worker-0", "pod/train-worker-1"} {
		c.Wait(namespace, "pytorchjob/train", "Running", time.Minute)
		c.Kubectl("-n", namespace, "wait", worker, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
	}
}

// pytorchJob is one with a master and, if they are given arguments, two workers.
func pytorchJob(name, master, workers string) string {
	const replica = `
    %s:
      replicas: %d
      restartPolicy: Never
      template:
        spec:
          containers:
          - {name: pytorch, image: "docker.io/local/probe:1", imagePullPolicy: Never, args: %s}
`
	text := "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nmetadata: {name: " + name + "}\nspec:\n  pytorchReplicaSpecs:" +
		fmt.Sprintf(replica, "Master", 1, master)
	if workers != "" {
		text += fmt.Sprintf(replica, "Worker", 2, workers)
	}
	return text
}

func TestAServiceLeadsToItsPod(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace()
	c.Kubectl("-n", namespace, "run", "web", "--image=docker.io/local/probe:1", "--image-pull-policy=Never", "--port=8080", "--", "serve=8080")
	c.Kubectl("-n", namespace, "expose", "pod", "web", "--port=80", "--target-port=8080")
	c.Kubectl("-n", namespace, "wait", "pod/web", "--for=condition=Ready", "--timeout=60s")
	c.Kubectl("-n", namespace, "run", "visitor", "--image=docker.io/local/probe:1", "--image-pull-policy=Never", "--restart=Never",
		"--", "get=http://web/", "get=http://web."+namespace+".svc.cluster.local/")
	c.Kubectl("-n", namespace, "wait", "pod/visitor", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
	require.Equal(t, "served\nserved\n", c.Kubectl("-n", namespace, "logs", "visitor"))
}

const runtimeAndJob = `
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
            template:
              metadata: {labels: {test: mark}}
              spec:
                restartPolicy: Never
                initContainers:
                - {name: beside, image: "docker.io/local/probe:1", imagePullPolicy: Never, restartPolicy: Always, args: [serve=8080]}
                containers:
                - {name: node, image: "docker.io/local/probe:1", imagePullPolicy: Never}
---
apiVersion: trainer.kubeflow.org/v1alpha1
kind: TrainJob
metadata: {name: train}
spec:
  runtimeRef: {name: plain, kind: TrainingRuntime, apiGroup: trainer.kubeflow.org}
  trainer:
    numNodes: 2
    command: [/bin/probe, "say=rank $(JOB_COMPLETION_INDEX) lr $(LR)", "get=http://127.0.0.1:8080/"]
    env: [{name: LR, value: "0.1"}]
`

func TestATrainJobRunsWithARuntimeOfItsOwn(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace()
	// The webhook of TrainJobs reads from a cache that may not have the runtime yet.
	require.EventuallyWithT(t, func(poll *assert.CollectT) {
		out, err := c.TryApply(namespace, runtimeAndJob)
		require.NoError(poll, err, out)
	}, 10*time.Second, 100*time.Millisecond)
	c.Wait(namespace, "trainjob/train", "Complete", time.Minute)
	logs := c.Kubectl("-n", namespace, "logs", "-c", "node", "-l", "test=mark,batch.kubernetes.io/job-completion-index=1")
	require.Equal(t, "rank 1 lr 0.1\nserved\n", logs)
}

func TestTheWebhooksOfTheOperatorsAnswer(t *testing.T) {
	c := clustertest.Connect(t)
	namespace := c.Namespace()
	for name, test := range map[string]struct{ manifest, refused string }{
		"Trainer": {
			`{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {name: t}, spec: {runtimeRef: {name: missing}}}`,
			"must be created before the TrainJob",
		},
		"training operator": {
			`{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: p}, spec: {pytorchReplicaSpecs: {Master: {replicas: 2, template: {spec: {containers: [{name: pytorch, image: a}]}}}}}}`,
			"validator.pytorchjob.training-operator.kubeflow.org",
		},
		"JobSet": {
			`{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, metadata: {name: j}, spec: {successPolicy: {operator: All, targetReplicatedJobs: [nobody]}, replicatedJobs: [{name: a, template: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}]}}`,
			"vjobset.kb.io",
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := c.TryApply(namespace, test.manifest)
			require.Error(t, err)
			require.Contains(t, out, test.refused)
		})
	}
}

func TestAServiceAccountMayDoOnlyWhatItWasGranted(t *testing.T) {
	c := clustertest.Connect(t)
	namespace := c.Namespace()
	c.Kubectl("-n", namespace, "create", "role", "jobs", "--verb=get,list,create", "--resource=jobs")
	c.Kubectl("-n", namespace, "create", "rolebinding", "jobs", "--role=jobs", "--serviceaccount="+namespace+":restricted")
	restricted := c.ServiceAccount(namespace, "restricted")
	out, err := restricted.Try("-n", namespace, "get", "jobs")
	require.NoError(t, err, out)
	out, err = restricted.Try("-n", namespace, "get", "secrets")
	require.Error(t, err)
	require.Contains(t, out, "cannot list resource \"secrets\"")
}
