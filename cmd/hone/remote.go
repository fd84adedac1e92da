package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
)

// remoteSession is the way to a service over the network.
func (a *app) remoteSession(p place) (*session, error) {
	transport, err := remoteTransport(p)
	if err != nil {
		return nil, err
	}
	c := client.New(client.Options{BaseURL: p.server, Token: p.token,
		HTTP: &http.Client{Transport: &reconnecting{base: transport}}})
	return &session{Client: c, transport: transport}, nil
}

// remoteTransport keeps connections for less time than a server does.
func remoteTransport(p place) (*http.Transport, error) {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second}
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: p.insecure} //nolint:gosec // only where the user says so
	if p.caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(p.caFile)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the certificates of --ca-file cannot be read: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, hone.Errorf(hone.InvalidArgument, "%s holds no certificate in PEM", p.caFile)
	}
	return t, nil
}

// How long a service that was there is waited for before that is an error, and how often it is tried. Whoever follows
// something goes on from there.
const (
	outageLimit = 30 * time.Second
	tryFirst    = 100 * time.Millisecond
	tryLast     = 2 * time.Second
)

// reconnecting lets commands that only look outlive a restart of the service: once it has answered, what only
// reads is asked again until it answers again. A service that never answered is an error at once.
type reconnecting struct {
	base     http.RoundTripper
	answered atomic.Bool
}

// RoundTrip implements http.RoundTripper.
func (t *reconnecting) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	for pause := tryFirst; ; pause = min(2*pause, tryLast) {
		resp, err := t.base.RoundTrip(r)
		if err == nil && !away(resp) {
			t.answered.Store(true)
			return resp, nil
		}
		if r.Method != http.MethodGet || !t.answered.Load() || triesItself(r.Context()) || time.Since(began) > outageLimit {
			return resp, err
		}
		if resp != nil {
			_ = resp.Body.Close()
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(pause):
		}
		r = r.Clone(r.Context())
	}
}

// away reports whether an answer says that the service is not there: it is leaving, or only a proxy is.
func away(resp *http.Response) bool {
	return resp.StatusCode == http.StatusBadGateway || resp.StatusCode == http.StatusServiceUnavailable
}

// isLoopbackIP reports whether a host is an address of the loopback interface.
func isLoopbackIP(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// ping asks a service something that costs nothing, and so finds out whether it lets the caller in.
func ping(ctx context.Context, s hone.Service) error {
	_, err := s.ListExperiments(ctx, hone.ExperimentFilter{Limit: 1})
	return err
}

// oneLine takes the line breaks off the end of a secret, as editors and echo leave them.
func oneLine(secret []byte) string { return string(bytes.TrimSpace(secret)) }
