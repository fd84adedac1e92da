package client

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/unixsock"
)

// Options say where the server is.
type Options struct {
	// BaseURL is the server's address, such as http://127.0.0.1:7070. Empty will do for a client that
	// Socket made.
	BaseURL string
	// HTTP sends the requests; nil for a client of the package's own. It must not have a Timeout: logs and
	// events are followed for hours.
	HTTP *http.Client
	// Token is sent as bearer where it is not empty.
	Token string
}

// Client is hone.Service over HTTP. It is safe for concurrent use and keeps connections alive.
type Client struct {
	base  *url.URL
	wrong error  // what is the matter with the base URL
	where string // the server, for messages
	http  *http.Client
	token string
}

var _ hone.Service = (*Client)(nil)

// New makes a client. It does not connect yet.
func New(o Options) *Client {
	c := &Client{http: o.HTTP, token: o.Token, where: o.BaseURL}
	if c.http == nil {
		c.http = &http.Client{Transport: transport(nil)}
	}
	if o.BaseURL == "" {
		o.BaseURL, c.where = "http://localhost", "the socket"
	}
	c.base, c.wrong = parseBase(o.BaseURL)
	return c
}

func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, hone.Errorf(hone.InvalidArgument, "%q is not the address of a server; write it like http://127.0.0.1:7070", text)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u, nil
}

// Socket makes an HTTP client whose every request goes to a unix socket.
func Socket(path string) *http.Client {
	return &http.Client{Transport: transport(func(ctx context.Context, _, _ string) (net.Conn, error) {
		return unixsock.Dial(ctx, path)
	})}
}

// transport keeps connections, but for less time than the server does, so that no request goes to one
// that is being closed.
func transport(dial func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	t := &http.Transport{
		MaxIdleConns:        32,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		DialContext:         dial,
	}
	if dial == nil {
		t.Proxy = http.ProxyFromEnvironment
		t.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
		t.ForceAttemptHTTP2 = true
	}
	return t
}

// Close lets go of the connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }
