package client

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strconv"

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
	setCount(r.query, "tail", q.Tail)
	if q.Offset > 0 {
		r.query.Set("offset", strconv.FormatInt(q.Offset, 10))
	}
	resp, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	o := &output{ReadCloser: resp.Body, failed: func(err error) error { return c.failed(ctx, err) }}
	if start, err := strconv.ParseInt(resp.Header.Get(wire.LogStart), 10, 64); err == nil {
		return &positioned{output: o, start: start}, nil
	}
	return o, nil
}

// positioned is the output of one stream, of which the server said where it begins.
type positioned struct {
	*output
	start int64
}

// Start implements hone.Positioned.
func (p *positioned) Start() int64 { return p.start }

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
