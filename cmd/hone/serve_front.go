package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/api"
)

// front are the servers of a service on the network.
type front struct {
	addresses []string // URLs
	servers   []*http.Server
	serving   sync.WaitGroup
	failed    chan error
	// certificate is what HTTPS is served with; nil for HTTP.
	certificate *api.Certificate
}

func (f *front) urls() []string { return append([]string{}, f.addresses...) }

// listen opens all addresses, or none.
func (s *server) listen(ctx context.Context) (err error) {
	s.front.failed = make(chan error, len(s.config.addresses()))
	if s.config.tlsCert != "" {
		if s.front.certificate, err = api.NewCertificate(s.config.tlsCert, s.config.tlsKey, api.Options{Logger: s.logger}); err != nil {
			return err
		}
	}
	var listeners []net.Listener
	defer func() {
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
		}
	}()
	for _, address := range s.config.addresses() {
		if err := access.CheckListen(address, s.authenticated()); err != nil {
			return err
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
		if err != nil {
			return hone.Errorf(hone.Unavailable, "cannot listen on %s: %w; --listen names another address", address, err)
		}
		listeners = append(listeners, l)
	}
	for _, l := range listeners {
		s.serveOn(l)
	}
	return nil
}

// serveOn serves the network on one listener.
func (s *server) serveOn(l net.Listener) {
	guard := api.Guard{Authorizer: s.authorizer(access.IsLoopback(l.Addr().String())), VerifyTrial: s.owner.controller.VerifyTrialToken, Hosts: s.hosts(), Rate: float64(s.config.rateLimit)}
	server := api.NewServer(s.owner.gate.through(api.NewGuardedHandler(s.owner.controller, guard, s.owner.options)), s.owner.options)
	scheme := "http://"
	if s.front.certificate != nil {
		scheme = "https://"
		server.TLSConfig = s.front.certificate.Config()
	}
	s.front.addresses = append(s.front.addresses, scheme+l.Addr().String())
	s.front.servers = append(s.front.servers, server)
	s.front.serving.Go(func() {
		var err error
		if server.TLSConfig != nil {
			err = server.ServeTLS(l, "", "")
		} else {
			err = server.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.front.failed <- hone.Errorf(hone.Unavailable, "%s is no longer served: %w", l.Addr(), err)
		}
	})
}

// hosts are the names by which clients may call the service: those that are allowed, and those that it listens on.
func (s *server) hosts() []string {
	hosts := append(slices.Clone(s.config.allowedHosts), s.config.cluster.hosts()...)
	for _, address := range s.config.addresses() {
		host, _, err := net.SplitHostPort(address)
		if err == nil && host != "" && net.ParseIP(host) == nil { // what addresses may be used, the guard knows
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// close ends the servers: streams at once, what else is being answered until ctx ends.
func (f *front) close(ctx context.Context) error {
	var errs []error
	for _, server := range f.servers {
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, server.Close())
		}
	}
	f.serving.Wait()
	return errors.Join(errs...)
}

// reload reads again what may change while the service runs.
func (s *server) reload() {
	if s.front.certificate == nil {
		s.logger.Info("SIGHUP: there is nothing to read again")
		return
	}
	if err := s.front.certificate.Reload(); err != nil {
		s.logger.Error("SIGHUP: the certificate cannot be used; the one before goes on", "error", err)
		return
	}
	s.logger.Info("SIGHUP: the certificate was read again")
}
