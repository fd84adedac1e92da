package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Up starts the cluster, or what of it does not run, and returns when it is ready for work.
func (c *Cluster) Up(ctx context.Context) error {
	began := time.Now()
	if err := c.decide(); err != nil {
		return err
	}
	if err := c.build(ctx); err != nil {
		return err
	}
	if err := c.link("kubectl"); err != nil {
		return err
	}
	if err := c.credentials(); err != nil {
		return err
	}
	if c.state.Node {
		if err := c.network(ctx); err != nil {
			return err
		}
	}
	for _, step := range c.steps() {
		if err := step(ctx); err != nil {
			return errors.Join(err, c.save())
		}
	}
	if err := c.save(); err != nil {
		return err
	}
	c.say("the cluster is ready after %.0f s: export KUBECONFIG=%s", time.Since(began).Seconds(), c.Kubeconfig())
	return nil
}

// steps lists what is started, in this order.
func (c *Cluster) steps() []func(context.Context) error {
	steps := []func(context.Context) error{c.startControlPlane}
	if c.state.Node {
		steps = append(steps, c.startContainers, c.startKubelet, c.startProxy, c.startNames)
	}
	if c.options.Operators {
		steps = append(steps, c.startOperators)
	}
	if c.options.FakeNodes > 0 {
		steps = append(steps, c.startFakeNodes)
	}
	return steps
}

func (c *Cluster) startControlPlane(ctx context.Context) error {
	parts, err := c.controlPlane()
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := c.start(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// decide settles whether the cluster has a node, and where on the network it is. A cluster that exists stays
// what it is.
func (c *Cluster) decide() error {
	if c.Exists() {
		if c.state.Node && c.options.ControlPlane || !c.state.Node && c.options.RequireNode {
			return fmt.Errorf("the cluster in %s was started otherwise: take it down first", c.options.Dir)
		}
		return nil
	}
	c.state.Node = true
	if c.options.ControlPlane {
		c.state.Node, c.state.WithoutNode = false, "the control plane alone was asked for"
	} else if reason := cannotRunNode(); reason != "" {
		if c.options.RequireNode {
			return errors.New("this machine cannot run a node: " + reason)
		}
		c.say("NO NODE: %s. Going on with the control plane alone: pods are accepted but none runs.", reason)
		c.state.Node, c.state.WithoutNode = false, reason
	}
	if err := c.chooseIndex(); err != nil {
		return err
	}
	return c.save()
}

// link makes a command callable as bin/NAME of the state folder.
func (c *Cluster) link(name string) error {
	if err := os.MkdirAll(c.path("bin"), 0o755); err != nil {
		return err
	}
	_ = os.Remove(c.path("bin", name))
	return os.Symlink(c.state.Binaries[name], c.path("bin", name))
}
