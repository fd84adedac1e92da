package controller

import (
	"context"
	"sync"

	"github.com/hone-tuner/hone"
)

// census is how all stored experiments stand. It is taken once, and kept up to date from then on.
type census struct {
	taking sync.Mutex
	taken  bool // under taking

	mu      sync.Mutex
	entries map[string]entry // by UID
	gone    map[string]bool  // deleted while it is being taken; nil when it is not
}

// entry is how one experiment stands.
type entry struct {
	state  hone.ExperimentState
	counts hone.Counts
}

// see takes in an experiment as it has become.
func (n *census) see(e hone.Experiment) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.entries[e.UID] = entry{e.Status.State, e.Status.Counts}
}

// add takes in a stored experiment, unless more is known of it.
func (n *census) add(e hone.Experiment) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, known := n.entries[e.UID]; !known && !n.gone[e.UID] {
		n.entries[e.UID] = entry{e.Status.State, e.Status.Counts}
	}
}

func (n *census) drop(uid string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.entries, uid)
	if n.gone != nil {
		n.gone[uid] = true
	}
}

func (n *census) watchGone(watch bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone = nil; watch {
		n.gone = map[string]bool{}
	}
}

// count sums up.
func (n *census) count(s *hone.Statistics) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, e := range n.entries {
		s.Experiments[e.state]++
		s.Trials.Pending += e.counts.Pending
		s.Trials.Running += e.counts.Running
		s.Trials.Succeeded += e.counts.Succeeded
		s.Trials.Failed += e.counts.Failed
		s.Trials.EarlyStopped += e.counts.EarlyStopped
		s.Trials.Stopped += e.counts.Stopped
	}
}

// takeCensus counts what is stored, the first time. The places of trials that run are taken from then on,
// whether or not anybody looks after these yet.
func (c *Controller) takeCensus(ctx context.Context) error {
	c.census.taking.Lock()
	defer c.census.taking.Unlock()
	if c.census.taken {
		return nil
	}
	c.census.watchGone(true)
	defer c.census.watchGone(false)
	err := c.eachStored(ctx, func(e hone.Experiment) error {
		c.census.add(e)
		if n := e.Status.Counts.Running; n > 0 && !e.Spec.External() {
			c.places.found(e.UID, e.Namespace, n)
		}
		return nil
	})
	c.census.taken = err == nil
	return err
}
