package local

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// operator is a controller of custom resources, run as a process of this machine beside the API server.
type operator struct {
	// name of the process and of the folder in modules/.
	name string
	// source is the Go module whose folder holds the manifests; the patterns are of files in it.
	source      string
	crds, hooks string
	// names gives each configuration of webhooks, by its kind, the name that the operator looks for.
	names map[string]string
	// kept lists the webhooks that are used; none means all.
	kept []string
	// namespace and secret are where the operator looks for the certificate of its webhooks; JobSet reads files.
	namespace, secret string
	argv              []string
}

const (
	mutating   = "MutatingWebhookConfiguration"
	validating = "ValidatingWebhookConfiguration"
)

// operators lists them in the order of their start: Trainer makes JobSets.
func (c *Cluster) operators() []operator {
	manager := func(binary, name string) []string {
		return []string{
			c.state.Binaries[binary], "--kubeconfig=" + c.Kubeconfig(), "--metrics-bind-address=0",
			"--health-probe-bind-address=" + c.local(name+"-health"),
			"--webhook-server-port=" + strconv.Itoa(c.port(name)),
		}
	}
	return []operator{
		{
			name: "jobset", source: "sigs.k8s.io/jobset",
			crds: "config/components/crd/bases/*.yaml", hooks: "config/components/webhook/manifests.yaml",
			names: map[string]string{
				mutating:   "jobset-mutating-webhook-configuration",
				validating: "jobset-validating-webhook-configuration",
			},
			// Those for pods would be asked about every pod of the cluster, and no test needs them.
			kept: []string{"mjobset.kb.io", "vjobset.kb.io"},
			argv: []string{c.state.Binaries["jobset"], "--kubeconfig=" + c.Kubeconfig(), "--config=" + c.path("config", "jobset.json")},
		},
		{
			name: "trainer", source: "github.com/kubeflow/trainer/v2",
			crds: "manifests/base/crds/trainer.kubeflow.org_*.yaml", hooks: "manifests/base/webhook/manifests.yaml",
			names:     map[string]string{validating: "validator.trainer.kubeflow.org"},
			namespace: "kubeflow-system", secret: "kubeflow-trainer-webhook-cert",
			argv: manager("trainer-controller-manager", "trainer"),
		},
		{
			name: "training-operator", source: "github.com/kubeflow/training-operator",
			crds: "manifests/base/crds/kubeflow.org_*.yaml", hooks: "manifests/base/webhook/manifests.yaml",
			names:     map[string]string{validating: "validator.training-operator.kubeflow.org"},
			namespace: "kubeflow", secret: "training-operator-webhook-cert",
			argv: append(manager("training-operator.v1", "training-operator"),
				"--pytorch-init-container-template-file="+c.path("config", "wait-for-master.yaml"),
				"--mpi-kubectl-delivery-image="+deliveryImage),
		},
	}
}

// waitForMaster is what the training operator puts before the containers of a PyTorchJob's workers. Its own would
// come from a registry.
const waitForMaster = `
- name: init-pytorch
  image: ` + ProbeImage + `
  imagePullPolicy: Never
  args: ["resolve={{.MasterAddr}}"]
`

// startOperators installs the custom resources and webhooks of the operators and starts them.
func (c *Cluster) startOperators(ctx context.Context) error {
	if err := c.operatorCertificate(); err != nil {
		return err
	}
	if err := writeFile(c.path("config", "wait-for-master.yaml"), []byte(waitForMaster)); err != nil {
		return err
	}
	var missing []operator
	operators := c.operators()
	for _, o := range operators {
		if p, ok := c.process(o.name); !ok || !p.alive() {
			missing = append(missing, o)
		}
	}
	if err := c.install(ctx, missing); err != nil {
		return err
	}
	for _, o := range operators {
		err := c.start(ctx, component{
			name: o.name, argv: o.argv,
			// Where the webhook servers of the two others look for their certificate.
			env: []string{"TMPDIR=" + c.path("operators")},
			ready: func(ctx context.Context) error {
				if err := healthy(ctx, "http://"+c.local(o.name+"-health")+"/readyz"); err != nil {
					return err
				}
				return listening(c.local(o.name))
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func listening(address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// servingCerts is the folder in which two of the operators wait for a certificate to appear, whatever TMPDIR
// says. They only look whether the file is there; they read the one below TMPDIR.
const servingCerts = "/tmp/k8s-webhook-server/serving-certs"

// operatorCertificate makes one certificate for all webhooks. The operators would make their own: they accept
// this one because of the names in it and in its authority.
func (c *Cluster) operatorCertificate() error {
	dir := c.path("operators", "k8s-webhook-server", "serving-certs")
	ca, err := newAuthority(dir, "ca", true, "training-operator-ca", "kubeflow-trainer-ca")
	if err != nil {
		return err
	}
	err = ca.certificate("tls", "webhooks", nil, "127.0.0.1",
		"kubeflow-trainer-controller-manager.kubeflow-system.svc", "training-operator.kubeflow.svc")
	if err != nil {
		return err
	}
	certificate, err := os.ReadFile(filepath.Join(dir, "tls.crt"))
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(servingCerts, "tls.crt")); err == nil {
		return nil
	}
	return writeFile(filepath.Join(servingCerts, "tls.crt"), certificate)
}

// noServingCerts removes what operatorCertificate left outside of the state folder, unless another put it there.
func (c *Cluster) noServingCerts() {
	file := filepath.Join(servingCerts, "tls.crt")
	ours, err := os.ReadFile(c.path("operators", "k8s-webhook-server", "serving-certs", "tls.crt"))
	theirs, _ := os.ReadFile(file)
	if err != nil || string(ours) != string(theirs) {
		return
	}
	// The folders stay where others have files in them.
	for _, path := range []string{file, servingCerts, filepath.Dir(servingCerts)} {
		_ = os.Remove(path)
	}
}

// install gives the API server what operators need there.
func (c *Cluster) install(ctx context.Context, operators []operator) error {
	if len(operators) == 0 {
		return nil
	}
	if err := c.applyCRDs(ctx, operators); err != nil {
		return err
	}
	for _, o := range operators {
		if err := c.prepare(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
	}
	return nil
}

// applyCRDs installs the custom resources of operators.
func (c *Cluster) applyCRDs(ctx context.Context, operators []operator) error {
	apply := []string{"apply", "--server-side", "--force-conflicts"}
	for _, o := range operators {
		dir, err := c.manifests(ctx, o.name, o.source)
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(dir, o.crds))
		if err != nil || len(files) == 0 {
			return fmt.Errorf("%s has no %s", dir, o.crds)
		}
		for _, file := range files {
			if filepath.Base(file) != "kustomization.yaml" {
				apply = append(apply, "-f", file)
			}
		}
	}
	if _, err := c.kubectl(ctx, apply...); err != nil {
		return err
	}
	_, err := c.kubectl(ctx, "wait", "crd", "--all", "--for=condition=Established", "--timeout=60s")
	return err
}

// prepare installs what an operator must find when it starts: its webhooks, and the certificate of these.
func (c *Cluster) prepare(ctx context.Context, o operator) error {
	dir, err := c.manifests(ctx, o.name, o.source)
	if err != nil {
		return err
	}
	if err := c.jobsetConfig(); err != nil {
		return err
	}
	objects := []any{}
	if o.secret != "" {
		data, err := c.certificateData()
		if err != nil {
			return err
		}
		objects = append(objects,
			map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": o.namespace}},
			map[string]any{
				"apiVersion": "v1", "kind": "Secret", "data": data,
				"metadata": map[string]any{"name": o.secret, "namespace": o.namespace},
			})
	}
	hooks, err := c.webhooks(filepath.Join(dir, o.hooks), o)
	if err != nil {
		return err
	}
	file := c.path("config", o.name+"-objects.json")
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": append(objects, hooks...)}
	if err := writeJSON(file, list); err != nil {
		return err
	}
	_, err = c.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", file)
	return err
}

// certificateData is the content of the Secrets in which the operators look for their certificate.
func (c *Cluster) certificateData() (map[string]string, error) {
	data := map[string]string{}
	for _, name := range []string{"ca.crt", "ca.key", "tls.crt", "tls.key"} {
		content, err := os.ReadFile(c.path("operators", "k8s-webhook-server", "serving-certs", name))
		if err != nil {
			return nil, err
		}
		data[name] = base64.StdEncoding.EncodeToString(content)
	}
	return data, nil
}

func (c *Cluster) jobsetConfig() error {
	return writeJSON(c.path("config", "jobset.json"), map[string]any{
		"apiVersion": "config.jobset.x-k8s.io/v1alpha1",
		"kind":       "Configuration",
		"webhook": map[string]any{
			"host": "127.0.0.1", "port": c.port("jobset"),
			"certDir": c.path("operators", "k8s-webhook-server", "serving-certs"),
		},
		"metrics":                map[string]any{"bindAddress": "0"},
		"health":                 map[string]any{"healthProbeBindAddress": c.local("jobset-health")},
		"leaderElection":         map[string]any{"leaderElect": false},
		"internalCertManagement": map[string]any{"enable": false},
		"clientConnection":       map[string]any{"qps": 500, "burst": 500},
	})
}
