package client

import (
	"context"
	"errors"
	"io"
	"net/url"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Logs opens the output of a trial. With q.Follow, reading waits for more until the attempt has ended.
// Closing it, or the end of ctx, ends that. A log that breaks off is an error, never an early io.EOF.
func (c *Client) Logs(ctx context.Context, n hone.Name, number int, q hone.LogQuery) (io.ReadCloser, error) {
	r := get(wire.Logs, n)
	r.trial = hone.TrialName(n.Name, number)
	r.query = url.Values{}
	setCount(r.query, "attempt", q.Attempt)
	setText(r.query, "stream", q.Stream)
	setFlag(r.query, "follow", q.Follow)
	resp, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	return &output{ReadCloser: resp.Body, failed: func(err error) error { return c.failed(ctx, err) }}, nil
}

// output gives the errors of a body that breaks off the words of the client.
type output struct {
	io.ReadCloser
	failed func(error) error
}

func (o *output) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = o.failed(err)
	}
	return n, err
}
