package client

import (
	"context"
	"net/url"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Measure stores a batch; the answer says whether the trial should stop. The server sets when the batch
// was received.
func (c *Client) Measure(ctx context.Context, n hone.Name, b hone.Batch) (stop bool, err error) {
	body, err := encode(wire.BatchOf(b))
	if err != nil {
		return false, err
	}
	// A numbered batch counts once however often it is sent.
	r := request{op: wire.Measure, name: n, trial: hone.TrialName(n.Name, b.Number), body: body, repeatable: b.Sequence > 0}
	var reply wire.MeasureReply
	err = c.call(ctx, r, &reply)
	return reply.Stop, err
}

// Measurements returns the readings of a metric, or of all with "", by metric and step.
func (c *Client) Measurements(ctx context.Context, n hone.Name, number int, metric string) ([]hone.Measurement, error) {
	r := get(wire.Measurements, n)
	r.trial = hone.TrialName(n.Name, number)
	r.query = url.Values{}
	setText(r.query, "metric", metric)
	var reply wire.Readings
	err := c.call(ctx, r, &reply)
	return reply.Measurements, err
}

// Algorithms tells what can be chosen.
func (c *Client) Algorithms(ctx context.Context) (catalog hone.Catalog, err error) {
	err = c.call(ctx, get(wire.Algorithms, hone.Name{}), &catalog)
	return catalog, err
}
