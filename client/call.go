package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// request is one call of an operation.
type request struct {
	op    wire.Operation
	name  hone.Name
	trial string
	token string
	query url.Values
	body  []byte
	// contentType is of the body; empty means JSON.
	contentType string
	// ifMatch is the ETag that the change is meant for; empty for any.
	ifMatch string
	// repeatable says that sending it twice does no harm. Every GET is.
	repeatable bool
}

// get makes the request of a GET.
func get(op wire.Operation, n hone.Name) request { return request{op: op, name: n, repeatable: true} }

// call sends a request and reads the answer into out, unless that is nil. What is repeatable is sent once
// more when the connection breaks.
func (c *Client) call(ctx context.Context, r request, out any) error {
	err := c.once(ctx, r, out)
	if r.repeatable && broken(err) && ctx.Err() == nil {
		err = c.once(ctx, r, out)
	}
	return err
}

func (c *Client) once(ctx context.Context, r request, out any) error {
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return c.failed(ctx, err)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return hone.Errorf(hone.Internal, "the answer of %s cannot be read: %w; is it a Hone server of this version?", c.where, err)
	}
	return nil
}

// send sends a request and returns the answer if it is a good one. Its body is the caller's to close.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := c.prepare(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	const enough = 8 << 20 // an import can have many mistakes
	body, err := io.ReadAll(io.LimitReader(resp.Body, enough))
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	return nil, wire.ErrorOf(resp.StatusCode, body)
}

func (c *Client) prepare(ctx context.Context, r request) (*http.Request, error) {
	if c.wrong != nil {
		return nil, c.wrong
	}
	route := wire.RouteOf(r.op)
	path, err := route.Target(r.name, cmp.Or(r.trial, r.token))
	if err != nil {
		return nil, err
	}
	if int64(len(r.body)) > route.BodyLimit {
		return nil, hone.Errorf(hone.InvalidArgument, "%d bytes are more than the %d MiB that a server takes here",
			len(r.body), route.BodyLimit>>20)
	}
	address := c.base.String() + path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var body io.Reader
	if route.BodyLimit > 0 {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, route.Method, address, body)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "cannot ask %s: %w", c.where, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", r.contentType)
		if r.contentType == "" {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	if r.ifMatch != "" {
		req.Header.Set("If-Match", r.ifMatch)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// failed says why there is no answer: the caller gave up, or the server cannot be reached.
func (c *Client) failed(ctx context.Context, err error) error {
	var trouble *url.Error
	if errors.As(err, &trouble) {
		err = trouble.Err // without the method and the address, which are said better here
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return hone.Errorf(hone.DeadlineExceeded, "%s did not answer in time: %w", c.where, ctx.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("the answer of %s was not waited for: %w", c.where, ctx.Err())
	case broken(err):
		return hone.Errorf(hone.Unavailable, "the server at %s broke off (%w): see whether it still runs, then try again", c.where, err)
	}
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) {
		return hone.Errorf(hone.Unavailable, "the server at %s answered, but its certificate is not trusted: %w", c.where, refused.Err)
	}
	return hone.Errorf(hone.Unavailable, "no server answers at %s (%w): is a Hone server running there?", c.where, err)
}

// broken reports whether a connection that stood has ended before the whole answer was there.
func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || err != nil && strings.Contains(err.Error(), "server closed idle connection")
}

// encode makes the body of a request.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "cannot be written as JSON: %w", err)
	}
	return b.Bytes(), nil
}
