package report

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

const (
	// patience is for one request.
	patience = 15 * time.Second
	// longestWait is what is made of a Retry-After.
	longestWait = time.Minute
	// answerLimit is how much of an answer is read.
	answerLimit = 64 << 10
)

// caller makes the requests of one attempt.
type caller struct {
	http    *http.Client
	address string
	host    string
	token   string
	prefix  []byte // of the body, up to the sequence

	mu   sync.Mutex
	last error // of the last request
}

func newCaller(o Options) (*caller, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, hone.Errorf(hone.InvalidArgument, "%q is not the address of a service: write http://host:port", o.URL)
	}
	path, err := wire.RouteOf(wire.Measure).Target(o.Name, hone.TrialName(o.Name.Name, o.Number))
	if err != nil {
		return nil, err
	}
	prefix, err := json.Marshal(struct {
		Attempt int    `json:"attempt"`
		Source  string `json:"source"`
	}{o.Attempt, o.Source})
	if err != nil {
		return nil, err
	}
	c := &caller{http: o.HTTP, address: strings.TrimRight(o.URL, "/") + path, host: base.Host, token: o.Token,
		prefix: append(prefix[:len(prefix)-1], `,"sequence":`...)}
	if c.http == nil {
		c.http = newHTTP()
	}
	return c, nil
}

// newHTTP makes a client that keeps one connection, asks no proxy and speaks plain HTTP/1.1, in little memory.
func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
			DisableCompression:  true,
			MaxIdleConns:        1,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send sends readings under a number. The error's kind says whether it is worth another try; after is how long the
// service asks to wait before it.
func (c *caller) send(ctx context.Context, sequence int64, readings []byte) (after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	after, err = c.post(ctx, sequence, readings)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = err
	return after, err
}

func (c *caller) post(ctx context.Context, sequence int64, readings []byte) (after time.Duration, err error) {
	body := strconv.AppendInt(bytes.Clone(c.prefix), sequence, 10)
	body = append(body, `,"measurements":`...)
	size := int64(len(body) + len(readings) + 1)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, io.MultiReader(bytes.NewReader(body), bytes.NewReader(readings), strings.NewReader("}")))
	if err != nil {
		return 0, hone.Errorf(hone.InvalidArgument, "%s cannot be asked: %w", c.host, err)
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, c.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return 0, c.failed(err)
	}
	return c.judge(resp, answer)
}

// judge understands an answer. Only the service itself can take readings, or refuse them for good: what a proxy in
// between says passes.
func (c *caller) judge(resp *http.Response, answer []byte) (after time.Duration, err error) {
	if resp.StatusCode == http.StatusOK {
		var reply struct {
			Stop *bool `json:"stop"`
		}
		if err := json.Unmarshal(answer, &reply); err != nil || reply.Stop == nil {
			return 0, hone.Errorf(hone.Unavailable, "what answers at %s is not a Hone server", c.host)
		}
		return 0, nil
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		after = min(time.Duration(seconds)*time.Second, longestWait)
	}
	err = wire.ErrorOf(resp.StatusCode, answer)
	var body wire.ErrorBody
	if json.Unmarshal(answer, &body) != nil || body.Error.Code == "" {
		err = hone.Errorf(hone.Unavailable, "%s: %w", c.host, err)
	}
	return after, err
}

// failed says why there is no answer.
func (c *caller) failed(err error) error {
	var trouble *url.Error
	if errors.As(err, &trouble) {
		err = trouble.Err // without the address, which is said better here
	}
	return hone.Errorf(hone.Unavailable, "no answer of %s: %w", c.host, err)
}

// why says what the last request failed of, where that is known.
func (c *caller) why(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil {
		return c.last
	}
	return err
}
