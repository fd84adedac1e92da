package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// nodeName is the name of the one real node.
const nodeName = "hone-node"

// host is the address of this machine that its pods can reach: the bridge's, or loopback where there are no pods.
func (c *Cluster) host() string {
	if !c.state.Node {
		return "127.0.0.1"
	}
	return fmt.Sprintf("10.213.%d.1", c.state.Index)
}

func (c *Cluster) podCIDR() string { return fmt.Sprintf("10.213.%d.0/24", c.state.Index) }

func (c *Cluster) serviceCIDR() string { return fmt.Sprintf("10.214.%d.0/24", c.state.Index) }

// serviceIP is the n-th address of Services; the first is the API server's own.
func (c *Cluster) serviceIP(n int) string { return fmt.Sprintf("10.214.%d.%d", c.state.Index, n) }

// server is the address of the API server.
func (c *Cluster) server() string {
	return "https://" + net.JoinHostPort(c.host(), strconv.Itoa(c.port("kube-apiserver")))
}

// config is the kubeconfig of a user of the cluster's own; that of the administrator lies at the top.
func (c *Cluster) config(user string) string {
	if user == "admin" {
		return c.Kubeconfig()
	}
	return c.path("config", user+".kubeconfig")
}

// writeKubeconfig writes a kubeconfig with the certificate of a user.
func (c *Cluster) writeKubeconfig(user string) error {
	cert, err := os.ReadFile(c.path("pki", user+".crt"))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(c.path("pki", user+".key"))
	if err != nil {
		return err
	}
	text, err := c.kubeconfig(user, "default", fmt.Sprintf("client-certificate-data: %s\n    client-key-data: %s",
		base64.StdEncoding.EncodeToString(cert), base64.StdEncoding.EncodeToString(key)))
	if err != nil {
		return err
	}
	return writeFile(c.config(user), []byte(text))
}

func (c *Cluster) kubeconfig(user, namespace, credentials string) (string, error) {
	ca, err := os.ReadFile(c.path("pki", "ca.crt"))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: hone
clusters:
- name: hone
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %s
  user:
    %s
contexts:
- name: hone
  context:
    cluster: hone
    user: %[3]s
    namespace: %[5]s
`, c.server(), base64.StdEncoding.EncodeToString(ca), user, credentials, namespace), nil
}

// ServiceAccountKubeconfig makes the service account if it is not there, and returns a kubeconfig with a token of
// its own: what the account may do is for the caller to grant.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name string, valid time.Duration) (string, error) {
	if _, err := c.kubectl(ctx, "-n", namespace, "get", "serviceaccount", name); err != nil {
		if _, err := c.kubectl(ctx, "-n", namespace, "create", "serviceaccount", name); err != nil {
			return "", err
		}
	}
	token, err := c.kubectl(ctx, "-n", namespace, "create", "token", name, "--duration", valid.String())
	if err != nil {
		return "", err
	}
	return c.kubeconfig("system-serviceaccount-"+namespace+"-"+name, namespace, "token: "+strings.TrimSpace(token))
}

// kubectl calls kubectl as the administrator.
func (c *Cluster) kubectl(ctx context.Context, args ...string) (string, error) {
	return run(ctx, append([]string{c.state.Binaries["kubectl"], "--kubeconfig", c.Kubeconfig()}, args...)...)
}

// healthy asks a component whether it is; its certificate, where it has one, is its own and nobody's.
func healthy(ctx context.Context, url string) error {
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // only asks "are you ready" on loopback
	}
	return probe(ctx, &http.Client{Transport: transport, Timeout: 3 * time.Second}, url)
}

// administrator is a client with the administrator's certificate.
func (c *Cluster) administrator() (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.path("pki", "admin.crt"), c.path("pki", "admin.key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.path("pki", "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("the cluster's certificate authority is damaged")
	}
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}, nil
}

func probe(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
