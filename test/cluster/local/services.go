package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// startProxy starts kube-proxy, which leads the addresses of Services to pods.
func (c *Cluster) startProxy(ctx context.Context) error {
	if other := proxyOfOthers(c.options.Dir); other != "" {
		c.say("%-20s left out: process %s is another kube-proxy, and two would overwrite each other's rules; Services do not work here",
			"kube-proxy", other)
		return nil
	}
	err := writeJSON(c.path("config", "kube-proxy.json"), map[string]any{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"clientConnection":   map[string]any{"kubeconfig": c.config("kube-proxy")},
		"mode":               "iptables",
		"clusterCIDR":        c.podCIDR(),
		"hostnameOverride":   nodeName,
		"bindAddress":        c.host(),
		"healthzBindAddress": c.local("kube-proxy-health"),
		"metricsBindAddress": c.local("kube-proxy-metrics"),
		// The table of connections is the machine's: its size is left alone.
		"conntrack": map[string]any{"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
		"iptables":  map[string]any{"localhostNodePorts": false, "minSyncPeriod": "100ms"},
	})
	if err != nil {
		return err
	}
	return c.start(ctx, component{
		name: "kube-proxy",
		argv: []string{c.state.Binaries["kube-proxy"], "--config=" + c.path("config", "kube-proxy.json")},
		ready: func(ctx context.Context) error {
			return healthy(ctx, "http://"+c.local("kube-proxy-health")+"/healthz")
		},
	})
}

// proxyOfOthers is the number of a kube-proxy of this network that is not of this state folder; "" if there is none.
func proxyOfOthers(dir string) string {
	network, _ := os.Readlink("/proc/self/ns/net")
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		argv := strings.Split(string(data), "\x00")
		if other, _ := os.Readlink(filepath.Join(filepath.Dir(file), "ns", "net")); other != network {
			continue
		}
		if filepath.Base(argv[0]) == "kube-proxy" && !strings.Contains(string(data), dir+"/") {
			return filepath.Base(filepath.Dir(file))
		}
	}
	return ""
}

// startNames starts CoreDNS as a process of this machine, at the address of the bridge: the pods' name server.
func (c *Cluster) startNames(ctx context.Context) error {
	forward := ""
	if _, err := os.Stat("/etc/resolv.conf"); err == nil {
		forward = "\n    forward . /etc/resolv.conf"
	}
	text := fmt.Sprintf(`.:53 {
    bind %s
    errors
    health %s
    ready %s
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        kubeconfig %s
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 1
    }%s
    loop
}
`, c.host(), c.local("coredns-health"), c.local("coredns"), c.config("coredns"), forward)
	if err := writeFile(c.path("config", "Corefile"), []byte(text)); err != nil {
		return err
	}
	return c.start(ctx, component{
		name:  "coredns",
		argv:  []string{c.state.Binaries["coredns"], "-conf", c.path("config", "Corefile")},
		ready: func(ctx context.Context) error { return healthy(ctx, "http://"+c.local("coredns")+"/ready") },
	})
}
