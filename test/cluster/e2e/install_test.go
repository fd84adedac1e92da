package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone/test/cluster/clustertest"
	"github.com/hone-tuner/hone/test/cluster/local"
	"github.com/stretchr/testify/require"
)

// repository is the root of the project, seen from here.
const repository = "../../.."

// tool calls a program of deploy/, each of which is a module of its own.
func tool(t *testing.T, folder string, args ...string) string {
	t.Helper()
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	cmd := exec.Command("go", append([]string{"-C", filepath.Join(root, folder), "run", "."}, args...)...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	require.NoError(t, err, complaints.String())
	return string(out)
}

// TestTheAPIServerTakesEveryInstallation asks it about each object, without making any.
func TestTheAPIServerTakesEveryInstallation(t *testing.T) {
	c := clustertest.Connect(t)
	namespace := c.Namespace("pod-security.kubernetes.io/enforce=restricted")
	for _, args := range [][]string{
		{"-overlay", "standalone"},
		{"-overlay", "kubeflow"},
		{"-overlay", "namespaced", "-components", "read-write-once,admin-token"},
	} {
		file := filepath.Join(t.TempDir(), "install.yaml")
		require.NoError(t, os.WriteFile(file, []byte(tool(t, "deploy/render", append(args, "-namespace", namespace)...)), 0o600))
		out, err := c.Try("apply", "--dry-run=server", "--validate=strict", "-f", file)
		require.NoError(t, err, out)
		require.NotContains(t, out, "PodSecurity", "no warning of pods that would be refused")
	}
}

// TestTheServiceRunsInTheClusterByARoleAlone installs the images as they are built, in a namespace that takes restricted pods only,
// with no right beyond it, and runs trials there.
func TestTheServiceRunsInTheClusterByARoleAlone(t *testing.T) {
	c := withPods(t)
	namespace := c.Namespace("pod-security.kubernetes.io/enforce=restricted")
	images := t.TempDir()
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	tool(t, "deploy/images", "-root", root, "-out", images, "-registry", "docker.io/local", "-version", namespace, "-arch", runtime.GOARCH)
	cluster, err := local.Open(local.Options{Dir: os.Getenv("HONE_CLUSTER_DIR")})
	require.NoError(t, err)
	defer cluster.Close()
	for _, name := range []string{"hone", "collector", "digits"} {
		require.NoError(t, cluster.Load(t.Context(), filepath.Join(images, name+"-"+runtime.GOARCH+".tar")))
	}
	volume(t, c, namespace)
	c.Apply(namespace, tool(t, "deploy/render", "-overlay", "namespaced", "-namespace", namespace, "-registry", "docker.io/local", "-version", namespace))
	if _, err := c.Try("-n", "kube-system", "get", "service", "kube-dns"); err != nil {
		t.Log("the cluster has no DNS: pods reach the service by its address")
		address := c.Kubectl("-n", namespace, "get", "service", "hone", "-o", "jsonpath={.spec.clusterIP}")
		c.Kubectl("-n", namespace, "set", "env", "deployment/hone", "HONE_SERVE_URL=http://"+address+":7070")
	}
	c.Kubectl("-n", namespace, "rollout", "status", "deployment/hone", "--timeout=90s")

	token := regexp.MustCompile(`hone_[0-9a-f]{64}`).FindString(
		c.Kubectl("-n", namespace, "exec", "deploy/hone", "--", "/hone", "token", "create", "test", "--role", "editor"))
	s := service{t: t, token: token, url: "http://" + c.Kubectl("-n", namespace, "get", "pod", "-l", "app.kubernetes.io/name=hone", "-o", "jsonpath={.items[0].status.podIP}") + ":7070"}
	s.call(http.MethodPost, "/api/v1/experiments", `
apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: digits, namespace: `+namespace+`}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters: [{name: lr, type: double, min: 1.0e-4, max: 1.0e-1, scale: log}]
  algorithm: {seed: 1}
  parallelism: 2
  budget: {trials: 4, failures: 0}
  trial:
    manifest:
      apiVersion: batch/v1
      kind: Job
      spec:
        backoffLimit: 0
        template:
          spec:
            restartPolicy: Never
            securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
            containers:
            - name: train
              image: docker.io/local/digits:`+namespace+`
              command: [/digits, --epochs=5, "--lr=${parameters.lr}"]
              securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`)
	path := "/api/v1/namespaces/" + namespace + "/experiments/digits"
	var board struct {
		State  string
		Reason string
		Trials []struct{ Value *float64 }
	}
	require.Eventually(t, func() bool {
		require.NoError(t, json.Unmarshal([]byte(s.call(http.MethodGet, path+"/leaderboard", "")), &board))
		return board.State == "Succeeded" || board.State == "Failed"
	}, 3*time.Minute, 500*time.Millisecond)
	require.Equal(t, "Succeeded", board.State, "%s\n%s", board.Reason, c.Kubectl("-n", namespace, "logs", "deploy/hone"))
	require.Len(t, board.Trials, 4)
	for _, trial := range board.Trials {
		require.NotNil(t, trial.Value)
	}
	require.Eventually(t, func() bool {
		return strings.Contains(c.Kubectl("-n", namespace, "get", "jobs"), "No resources found")
	}, time.Minute, 500*time.Millisecond, "nothing of the trials is left")

	require.NotContains(t, c.Kubectl("-n", namespace, "logs", "deploy/hone"), "did not deliver", "readings came by the Service")

	// It is replaced: the next one has the Lease and the store.
	c.Kubectl("-n", namespace, "rollout", "restart", "deployment/hone")
	c.Kubectl("-n", namespace, "rollout", "status", "deployment/hone", "--timeout=90s")
	require.Contains(t, c.Kubectl("-n", namespace, "exec", "deploy/hone", "--", "/hone", "get", "digits", "-n", namespace), "Succeeded")
	log := c.Kubectl("-n", namespace, "logs", "deploy/hone")
	require.NotContains(t, log, "forbidden")
	require.Contains(t, log, "the lease is held")
}

// volume makes one for the claim of a service: a folder of this machine.
func volume(t *testing.T, c *clustertest.Cluster, namespace string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(folder, 0o770))
	require.NoError(t, os.Chown(folder, 65532, 65532))
	c.Apply("default", `
apiVersion: v1
kind: PersistentVolume
metadata: {name: `+namespace+`}
spec:
  capacity: {storage: 10Gi}
  accessModes: [ReadWriteOncePod]
  claimRef: {namespace: `+namespace+`, name: hone}
  hostPath: {path: `+folder+`, type: Directory}
`)
	t.Cleanup(func() { // before the namespace goes
		c.Kubectl("-n", namespace, "delete", "deployment", "hone", "--ignore-not-found", "--cascade=foreground", "--timeout=90s")
		c.Kubectl("-n", namespace, "delete", "pvc", "hone", "--ignore-not-found", "--timeout=90s")
		c.Kubectl("delete", "pv", namespace)
	})
}

// service is Hone's API as a user with a token calls it.
type service struct {
	t          *testing.T
	url, token string
}

func (s service) call(method, path, body string) string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.token)
	request.Header.Set("Content-Type", "application/yaml")
	response, err := http.DefaultClient.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	require.Less(s.t, response.StatusCode, 300, "%s %s: %s", method, path, text)
	return string(text)
}
