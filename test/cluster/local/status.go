package local

import "fmt"

// Status says of every process whether it runs. It reports whether all of them do.
func (c *Cluster) Status() bool {
	if !c.Exists() {
		c.say("no cluster in %s", c.options.Dir)
		return false
	}
	good := true
	for _, p := range c.state.Processes {
		word := "runs"
		if !p.alive() {
			word, good = "HAS LEFT: "+c.log(p.Name), false
		}
		c.say("%-24s %7d  %s", p.Name, p.PID, word)
	}
	if !c.state.Node {
		c.say("no node: %s", c.state.WithoutNode)
	}
	return good
}

// HostIP is the address of this machine for the cluster's pods.
func (c *Cluster) HostIP() string { return c.host() }

// Environment lists what tests and people need to find the cluster, as NAME=value.
func (c *Cluster) Environment() []string {
	return []string{
		"KUBECONFIG=" + c.Kubeconfig(),
		"HONE_CLUSTER_DIR=" + c.options.Dir,
		// The address of this machine for the cluster's pods: a service that listens there can be reached by them.
		"HONE_CLUSTER_HOST_IP=" + c.host(),
		fmt.Sprintf("HONE_CLUSTER_NODE=%t", c.state.Node),
	}
}
