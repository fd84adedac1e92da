package client

import (
	"context"
	"net/url"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// PauseExperiment starts no new trials; the running ones go on.
func (c *Client) PauseExperiment(ctx context.Context, n hone.Name) (e hone.Experiment, err error) {
	err = c.call(ctx, request{op: wire.PauseExperiment, name: n}, &e)
	return e, err
}

// ResumeExperiment goes on with a paused experiment.
func (c *Client) ResumeExperiment(ctx context.Context, n hone.Name) (e hone.Experiment, err error) {
	err = c.call(ctx, request{op: wire.ResumeExperiment, name: n}, &e)
	return e, err
}

// StopExperiment ends an experiment: running trials get SIGTERM, or with drain are waited for.
func (c *Client) StopExperiment(ctx context.Context, n hone.Name, drain bool) (e hone.Experiment, err error) {
	q := url.Values{}
	setFlag(q, "drain", drain)
	err = c.call(ctx, request{op: wire.StopExperiment, name: n, query: q}, &e)
	return e, err
}

// InterruptExperiment leaves an experiment as Running, to be gone on with later. It returns when its
// running trials are back to Pending.
func (c *Client) InterruptExperiment(ctx context.Context, n hone.Name) error {
	return c.call(ctx, request{op: wire.InterruptExperiment, name: n}, nil)
}

// Enqueue puts a point to try next; parameters that are left out are drawn.
func (c *Client) Enqueue(ctx context.Context, n hone.Name, parameters map[string]hone.Value) (hone.Assignments, error) {
	if parameters == nil {
		parameters = map[string]hone.Value{}
	}
	body, err := encode(wire.PointRequest{Parameters: parameters})
	if err != nil {
		return nil, err
	}
	var p wire.Point
	err = c.call(ctx, request{op: wire.Enqueue, name: n, body: body}, &p)
	return p.Parameters, err
}

// Import adds finished trials from elsewhere as history, all or none, and returns how many.
func (c *Client) Import(ctx context.Context, n hone.Name, trials []hone.ImportedTrial) (int, error) {
	if trials == nil {
		trials = []hone.ImportedTrial{}
	}
	body, err := encode(wire.ImportRequest{Trials: trials})
	if err != nil {
		return 0, err
	}
	var reply wire.ImportReply
	err = c.call(ctx, request{op: wire.Import, name: n, body: body}, &reply)
	return reply.Imported, err
}
