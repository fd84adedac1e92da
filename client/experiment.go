package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// CreateExperiment creates an experiment from the content of an experiment file, YAML or JSON.
func (c *Client) CreateExperiment(ctx context.Context, document []byte) (e hone.Experiment, err error) {
	err = c.call(ctx, request{op: wire.CreateExperiment, body: document, contentType: "application/yaml"}, &e)
	return e, err
}

// RunExperiment creates an experiment and runs it, or goes on with the one that is there.
func (c *Client) RunExperiment(ctx context.Context, r hone.RunRequest) (reply hone.RunReply, err error) {
	body, err := encode(wire.RunRequestOf(r))
	if err != nil {
		return reply, err
	}
	err = c.call(ctx, request{op: wire.RunExperiment, body: body}, &reply)
	return reply, err
}

// GetExperiment returns an experiment by name.
func (c *Client) GetExperiment(ctx context.Context, n hone.Name) (e hone.Experiment, err error) {
	err = c.call(ctx, get(wire.GetExperiment, n), &e)
	return e, err
}

// ListExperiments returns one page of experiments; AllExperiments goes through all pages.
func (c *Client) ListExperiments(ctx context.Context, f hone.ExperimentFilter) (p hone.ExperimentPage, err error) {
	r := get(wire.ListExperiments, hone.Name{})
	r.query = url.Values{}
	setText(r.query, "namespace", f.Namespace)
	setText(r.query, "state", string(f.State))
	setText(r.query, "cursor", f.Cursor)
	setCount(r.query, "limit", f.Limit)
	err = c.call(ctx, r, &p)
	return p, err
}

// AllExperiments goes through the experiments that the filter chooses, page by page; f.Limit bounds how
// many there are in all. An error is the last thing that it yields.
func (c *Client) AllExperiments(ctx context.Context, f hone.ExperimentFilter) iter.Seq2[hone.Experiment, error] {
	return pages(f.Limit, f.Cursor, func(limit int, cursor string) ([]hone.Experiment, string, error) {
		f.Limit, f.Cursor = limit, cursor
		p, err := c.ListExperiments(ctx, f)
		return p.Experiments, p.Cursor, err
	})
}

// UpdateExperiment changes budget, parallelism and stop.
func (c *Client) UpdateExperiment(ctx context.Context, n hone.Name, p hone.Patch) (e hone.Experiment, err error) {
	r := request{op: wire.UpdateExperiment, name: n, body: p.Spec, contentType: "application/merge-patch+json"}
	if p.Events > 0 || p.UID != "" {
		r.ifMatch = wire.Tag(p.UID, p.Events)
	}
	err = c.call(ctx, r, &e)
	return e, err
}

// DeleteExperiment stops the experiment, waits for its trials to end, and forgets it.
func (c *Client) DeleteExperiment(ctx context.Context, n hone.Name) error {
	return c.call(ctx, request{op: wire.DeleteExperiment, name: n}, nil)
}

func setText(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func setCount(q url.Values, name string, value int) {
	if value != 0 {
		q.Set(name, strconv.Itoa(value))
	}
}

func setFlag(q url.Values, name string, value bool) {
	if value {
		q.Set(name, "true")
	}
}
