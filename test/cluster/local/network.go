package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// maxIndex is how many clusters can have a node on one machine.
const maxIndex = 16

func (c *Cluster) bridge() string { return fmt.Sprintf("hone-br%d", c.state.Index) }

// chooseIndex finds a bridge name, addresses and a control group that nobody uses. The group is looked at for
// itself: a cluster in another network namespace has its bridge out of sight.
func (c *Cluster) chooseIndex() error {
	for index := range maxIndex {
		c.state.Index = index
		if _, err := net.InterfaceByName(c.bridge()); err != nil && !c.overlaps() && !c.hasCgroups() {
			return nil
		}
	}
	return errors.New("all bridges hone-br0 to hone-br15 are in use: take clusters down that nobody needs")
}

// overlaps reports whether the machine has an address among those of the pods or Services.
func (c *Cluster) overlaps() bool {
	addresses, _ := net.InterfaceAddrs()
	for _, cidr := range []string{c.podCIDR(), c.serviceCIDR()} {
		_, wanted, _ := net.ParseCIDR(cidr)
		for _, address := range addresses {
			if used, ok := address.(*net.IPNet); ok && (used.Contains(wanted.IP) || wanted.Contains(used.IP)) {
				return true
			}
		}
	}
	return false
}

// sysctls are what the node needs, and what kubelet and the bridge plugin would set without asking; all of them
// are put back by Down.
var sysctls = map[string]string{
	"net/ipv4/ip_forward":                 "1",
	"net/bridge/bridge-nf-call-iptables":  "1",
	"net/bridge/bridge-nf-call-ip6tables": "1",
	"vm/overcommit_memory":                "1",
	"vm/panic_on_oom":                     "0",
	"kernel/panic":                        "",
	"kernel/panic_on_oops":                "",
	"kernel/keys/root_maxkeys":            "",
	"kernel/keys/root_maxbytes":           "",
}

// network makes the bridge of the pods with this machine's address on it, and the rules for their packets.
func (c *Cluster) network(ctx context.Context) error {
	if err := c.remember(); err != nil {
		return err
	}
	if _, err := net.InterfaceByName(c.bridge()); err != nil {
		if _, err := run(ctx, "ip", "link", "add", c.bridge(), "type", "bridge"); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"address", "replace", c.host() + "/24", "dev", c.bridge()},
		{"link", "set", c.bridge(), "up"},
	} {
		if _, err := run(ctx, append([]string{"ip"}, args...)...); err != nil {
			return err
		}
	}
	return c.rules(ctx)
}

// remember keeps the kernel's settings from before the first start, and sets what the node needs.
func (c *Cluster) remember() error {
	first := c.state.Sysctls == nil
	if first {
		c.state.Sysctls = map[string]string{}
	}
	for name, value := range sysctls {
		file := filepath.Join("/proc/sys", name)
		old, err := os.ReadFile(file)
		if err != nil {
			continue // this kernel has no such setting
		}
		if first {
			c.state.Sysctls[name] = strings.TrimSpace(string(old))
		}
		if value == "" {
			continue
		}
		if err := os.WriteFile(file, []byte(value), 0); err != nil {
			return err
		}
	}
	return c.save()
}

// rules lets the packets of pods through and gives them this machine's address on the way out.
func (c *Cluster) rules(ctx context.Context) error {
	mark := []string{"-m", "comment", "--comment", c.bridge()}
	for _, rule := range [][]string{
		{"filter", "FORWARD", "-i", c.bridge()},
		{"filter", "FORWARD", "-o", c.bridge()},
		{"nat", "POSTROUTING", "-s", c.podCIDR(), "!", "-d", c.podCIDR()},
	} {
		target := []string{"-j", "ACCEPT"}
		if rule[0] == "nat" {
			target[1] = "MASQUERADE"
		}
		rule = append(append(rule, mark...), target...)
		if iptables(ctx, "-C", rule) == nil {
			continue
		}
		if err := iptables(ctx, "-I", rule); err != nil {
			return err
		}
		c.state.Rules = append(c.state.Rules, rule)
	}
	return c.save()
}

// iptables does something with a rule: table, chain, and the rule itself.
func iptables(ctx context.Context, what string, rule []string) error {
	_, err := run(ctx, append([]string{"iptables", "-w", "-t", rule[0], what}, rule[1:]...)...)
	return err
}

// noNetwork undoes network; what is not there any more is no error.
func (c *Cluster) noNetwork(ctx context.Context) error {
	var failed []error
	for _, rule := range c.state.Rules {
		if iptables(ctx, "-C", rule) == nil {
			failed = append(failed, iptables(ctx, "-D", rule))
		}
	}
	if _, err := net.InterfaceByName(c.bridge()); c.state.Node && err == nil {
		_, err := run(ctx, "ip", "link", "delete", c.bridge())
		failed = append(failed, err)
	}
	for name, value := range c.state.Sysctls {
		file := filepath.Join("/proc/sys", name)
		if now, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(now)) != value {
			failed = append(failed, os.WriteFile(file, []byte(value), 0))
		}
	}
	return errors.Join(failed...)
}
