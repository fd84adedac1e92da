package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// open makes a cluster of which nothing runs.
func open(t *testing.T) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "cluster") // the test's own would be too long for sockets
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	c, err := Open(Options{Dir: dir, FirstPort: 27900, Source: ".."})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestPortsAreFreeKeptAndNotGivenTwice(t *testing.T) {
	c := open(t)
	first := c.port("first")
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", "0"))
	require.NoError(t, err)
	defer listener.Close()
	c.options.FirstPort = listener.Addr().(*net.TCPAddr).Port
	require.NotEqual(t, c.options.FirstPort, c.port("second"), "somebody listens there")
	require.NotEqual(t, c.port("second"), c.port("third"))
	require.Equal(t, first, c.port("first"))
}

func TestTheStateComesBackWhenTheClusterIsOpenedAgain(t *testing.T) {
	c := open(t)
	c.state.Node, c.state.Index = true, 3
	port := c.port("etcd")
	require.NoError(t, c.save())
	c.Close()

	again, err := Open(c.options)
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, port, again.port("etcd"))
	require.Equal(t, "10.213.3.1", again.HostIP())
	require.False(t, again.Exists(), "nothing was started")
}

func TestALongStateFolderIsRefused(t *testing.T) {
	_, err := Open(Options{Dir: "/tmp/" + strings.Repeat("x", 80)})
	require.ErrorContains(t, err, "at most 70 bytes")
}

func TestAProcessIsStartedOnceAndStopped(t *testing.T) {
	c := open(t)
	part := component{
		name: "sleeper", argv: []string{"sh", "-c", "echo $WORD; exec sleep 1000"}, env: []string{"WORD=started"},
		ready: func(context.Context) error {
			if log := tail(c.log("sleeper"), 5); !strings.Contains(log, "    started") {
				return errors.New("it has not said that it started")
			}
			return nil
		},
	}
	require.NoError(t, c.start(t.Context(), part))
	p, ok := c.process("sleeper")
	require.True(t, ok)
	defer p.stop(time.Minute)
	require.NoError(t, c.start(t.Context(), part))
	again, _ := c.process("sleeper")
	require.Equal(t, p, again)
	require.True(t, c.Status())

	p.stop(time.Minute)
	require.False(t, p.alive())
	require.False(t, c.Status())
}

func TestANumberThatWasGivenToAnotherProcessIsLeftAlone(t *testing.T) {
	started, _ := startOf(os.Getpid())
	require.True(t, Process{PID: os.Getpid(), Started: started}.alive())
	other := Process{PID: os.Getpid(), Started: "1"}
	require.False(t, other.alive())
	other.stop(time.Minute) // would end this test
}

func TestAComponentThatLeavesIsNamedWithItsLastLines(t *testing.T) {
	c := open(t)
	err := c.start(t.Context(), component{
		name: "etcd", argv: []string{"sh", "-c", "echo the disk is full; exit 3"},
		ready: func(context.Context) error { return context.Canceled },
	})
	require.ErrorContains(t, err, "etcd failed: left (exit status 3)")
	require.ErrorContains(t, err, "the disk is full")
}

func TestCertificatesLeadToTheirAuthority(t *testing.T) {
	c := open(t)
	require.NoError(t, c.credentials())
	admin, err := c.administrator()
	require.NoError(t, err)
	require.NotNil(t, admin)
	ca, err := os.ReadFile(c.path("pki", "ca.crt"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	pair, err := tls.LoadX509KeyPair(c.path("pki", "apiserver.crt"), c.path("pki", "apiserver.key"))
	require.NoError(t, err)
	for _, name := range []string{"127.0.0.1", "kubernetes.default.svc", c.serviceIP(1)} {
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		require.NoError(t, err, name)
	}
	node, err := tls.LoadX509KeyPair(c.path("pki", "kubelet.crt"), c.path("pki", "kubelet.key"))
	require.NoError(t, err)
	require.Equal(t, "system:node:hone-node", node.Leaf.Subject.CommonName)
	require.Equal(t, []string{"system:nodes"}, node.Leaf.Subject.Organization)

	before, err := os.ReadFile(c.Kubeconfig())
	require.NoError(t, err)
	require.NoError(t, c.credentials())
	after, err := os.ReadFile(c.Kubeconfig())
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "a second start keeps the credentials")
	info, err := os.Stat(c.Kubeconfig())
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestTheOperatorsAcceptTheCertificate(t *testing.T) {
	c := open(t)
	dir := c.path("operators")
	ca, err := newAuthority(dir, "ca", true, "one-ca", "two-ca")
	require.NoError(t, err)
	require.NoError(t, ca.certificate("tls", "webhooks", nil, "127.0.0.1", "a.b.svc"))
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	soon := time.Now().Add(90 * 24 * time.Hour) // what ends before then is replaced by an operator
	for _, name := range []string{"a.b.svc", "127.0.0.1"} {
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: soon})
		require.NoError(t, err)
	}
	for _, name := range []string{"one-ca", "two-ca"} {
		require.NoError(t, ca.cert.VerifyHostname(name))
	}
	key, err := os.ReadFile(filepath.Join(dir, "ca.key"))
	require.NoError(t, err)
	require.Contains(t, string(key), "BEGIN RSA PRIVATE KEY")
}

func TestWebhooksAreTurnedToThisMachine(t *testing.T) {
	c := open(t)
	require.NoError(t, writeFile(c.path("operators", "k8s-webhook-server", "serving-certs", "ca.crt"), []byte("CA")))
	file := c.path("hooks.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`---
kind: MutatingWebhookConfiguration
metadata: {name: x}
webhooks:
- {name: kept, clientConfig: {service: {name: s, namespace: n, path: /mutate}}, rules: [{resources: [jobsets]}]}
- {name: dropped, clientConfig: {service: {name: s, namespace: n, path: /pods}}}
---
kind: ValidatingWebhookConfiguration
metadata: {name: unknown}
`), 0o600))
	o := operator{name: "jobset", names: map[string]string{mutating: "own-name"}, kept: []string{"kept"}}
	got, err := c.webhooks(file, o)
	require.NoError(t, err)
	text, err := json.Marshal(got)
	require.NoError(t, err)
	require.JSONEq(t, `[{"kind": "MutatingWebhookConfiguration", "metadata": {"name": "own-name"}, "webhooks": [
		{"name": "kept", "clientConfig": {"url": "https://`+c.local("jobset")+`/mutate", "caBundle": "Q0E="}, "rules": [{"resources": ["jobsets"]}]}
	]}]`, string(text))

	o.kept = []string{"missing"}
	_, err = c.webhooks(file, o)
	require.ErrorContains(t, err, "none of the webhooks that are needed is there")
}

func TestTheVersionOfABuildChangesWithItsModuleAndFlags(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module a"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), nil, 0o600))
	one, err := versionOf(dir, "")
	require.NoError(t, err)
	two, err := versionOf(dir, "-X v=1")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module b"), 0o600))
	three, err := versionOf(dir, "")
	require.NoError(t, err)
	require.Len(t, map[string]bool{one: true, two: true, three: true}, 3)
}

func TestEveryModulePinsWhatItBuilds(t *testing.T) {
	all := append(append([]module{nameModule, kwokModule}, controlPlaneModules...), operatorModules...)
	for _, m := range all {
		text, err := os.ReadFile(filepath.Join("..", "modules", m.name, "go.mod"))
		require.NoError(t, err)
		require.Contains(t, string(text), "tool ", m.name)
		if m.name == "kubernetes" {
			require.Contains(t, string(text), "k8s.io/kubernetes "+kubernetesVersion)
		}
	}
}

func TestWithoutANodeTheClusterKeepsToLoopback(t *testing.T) {
	c := open(t)
	require.Equal(t, "127.0.0.1", c.HostIP())
	require.Contains(t, c.apiserverArgs(), "--bind-address=127.0.0.1")
	require.ErrorContains(t, c.Load(t.Context(), "x.tar"), "no node")
	c.state.Node = true
	require.Contains(t, c.apiserverArgs(), "--bind-address=10.213.0.1")
}

func TestAClusterStaysWhatItIs(t *testing.T) {
	c := open(t)
	c.state.Processes = []Process{{Name: "etcd"}}
	c.options.RequireNode = true
	require.ErrorContains(t, c.decide(), "take it down first")
}
