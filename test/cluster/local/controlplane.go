package local

import (
	"context"
	"fmt"
	"strconv"
)

// controlPlane lists etcd and the three servers, in the order of their start.
func (c *Cluster) controlPlane() ([]component, error) {
	admin, err := c.administrator()
	if err != nil {
		return nil, err
	}
	return []component{
		c.etcd(),
		{name: "kube-apiserver", argv: c.apiserverArgs(), ready: func(ctx context.Context) error {
			return probe(ctx, admin, c.server()+"/readyz")
		}},
		c.manager("kube-controller-manager", "/healthz",
			"--service-account-private-key-file="+c.path("pki", "service-accounts.key"),
			"--root-ca-file="+c.path("pki", "ca.crt"),
			"--use-service-account-credentials=true",
		),
		c.manager("kube-scheduler", "/healthz"),
	}, nil
}

func (c *Cluster) etcd() component {
	pki := func(name string) string { return c.path("pki", "etcd", name) }
	return component{
		name: "etcd",
		argv: []string{
			c.state.Binaries["etcd"],
			"--name=hone",
			"--data-dir=" + c.path("etcd"),
			"--listen-client-urls=https://" + c.local("etcd"),
			"--advertise-client-urls=https://" + c.local("etcd"),
			"--listen-peer-urls=http://" + c.local("etcd-peer"),
			"--initial-advertise-peer-urls=http://" + c.local("etcd-peer"),
			"--initial-cluster=hone=http://" + c.local("etcd-peer"),
			"--listen-metrics-urls=http://" + c.local("etcd-health"),
			"--client-cert-auth",
			"--trusted-ca-file=" + pki("ca.crt"), "--cert-file=" + pki("etcd.crt"), "--key-file=" + pki("etcd.key"),
			"--unsafe-no-fsync", // a test's cluster need not survive a loss of power
			"--auto-compaction-mode=periodic", "--auto-compaction-retention=5m",
			"--quota-backend-bytes=" + strconv.Itoa(4<<30),
			"--log-level=warn",
		},
		ready: func(ctx context.Context) error { return healthy(ctx, "http://"+c.local("etcd-health")+"/health") },
	}
}

func (c *Cluster) apiserverArgs() []string {
	pki := func(names ...string) string { return c.path(append([]string{"pki"}, names...)...) }
	args := []string{
		c.state.Binaries["kube-apiserver"],
		"--bind-address=" + c.host(),
		"--advertise-address=" + c.host(),
		"--secure-port=" + strconv.Itoa(c.port("kube-apiserver")),
		"--service-cluster-ip-range=" + c.serviceCIDR(),
		"--etcd-servers=https://" + c.local("etcd"),
		"--etcd-cafile=" + pki("etcd", "ca.crt"),
		"--etcd-certfile=" + pki("etcd", "etcd.crt"), "--etcd-keyfile=" + pki("etcd", "etcd.key"),
		"--client-ca-file=" + pki("ca.crt"),
		"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
		"--kubelet-certificate-authority=" + pki("ca.crt"),
		"--kubelet-client-certificate=" + pki("apiserver-kubelet.crt"),
		"--kubelet-client-key=" + pki("apiserver-kubelet.key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + pki("service-accounts.key"),
		"--service-account-signing-key-file=" + pki("service-accounts.key"),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged",
		"--profiling=false",
	}
	if !c.state.Node {
		// No Service can lead to loopback, and without pods none needs to.
		args = append(args, "--endpoint-reconciler-type=none")
	}
	return args
}

// manager is one of the two servers that call the API server.
func (c *Cluster) manager(name, health string, more ...string) component {
	argv := append([]string{
		c.state.Binaries[name],
		"--kubeconfig=" + c.config(name),
		"--authentication-kubeconfig=" + c.config(name),
		"--authorization-kubeconfig=" + c.config(name),
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(c.port(name)),
		"--leader-elect=false",
		"--profiling=false",
	}, more...)
	if qps := c.options.QPS; qps > 0 {
		argv = append(argv, fmt.Sprintf("--kube-api-qps=%d", qps), fmt.Sprintf("--kube-api-burst=%d", 2*qps))
	}
	return component{name: name, argv: argv, ready: func(ctx context.Context) error {
		return healthy(ctx, "https://"+c.local(name)+health)
	}}
}
