package main

import (
	"crypto/tls"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
)

// lookForCertificate is how often the files of a certificate are looked at, when somebody connects.
const lookForCertificate = 10 * time.Second

// certificate is what HTTPS is served with. It is read again when its files change, so that whoever renews it need not restart the service.
type certificate struct {
	certFile, keyFile string
	logger            hclog.Logger
	now               hone.Clock

	mu      sync.Mutex
	loaded  *tls.Certificate
	changed time.Time // the files, when they were loaded
	looked  time.Time
}

func newCertificate(certFile, keyFile string, now hone.Clock, logger hclog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, logger: logger, now: now}
	return c, c.load()
}

// load reads the files. What cannot be read leaves the certificate as it was.
func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loadLocked()
}

func (c *certificate) loadLocked() error {
	c.looked = c.now()
	changed, err := newest(c.certFile, c.keyFile)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "the certificate cannot be read: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "the certificate %s with the key %s cannot be used: %w", c.certFile, c.keyFile, err)
	}
	c.loaded, c.changed = &pair, changed
	return nil
}

// newest is when the one of some files that was changed last was changed.
func newest(files ...string) (t time.Time, err error) {
	for _, name := range files {
		info, statErr := os.Stat(name)
		if err = errors.Join(err, statErr); statErr == nil && info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t, err
}

// config is for a server.
func (c *certificate) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil }}
}

// current is the certificate to show. The files may be halfway changed: then the old one serves until they fit.
func (c *certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.looked) < lookForCertificate {
		return c.loaded
	}
	c.looked = c.now()
	changed, err := newest(c.certFile, c.keyFile)
	if err == nil && changed.Equal(c.changed) {
		return c.loaded
	}
	if err = c.loadLocked(); err != nil {
		c.logger.Warn("the certificate has changed and cannot be used; the one before goes on", "error", err)
	} else {
		c.logger.Info("the certificate was read again", "file", c.certFile)
	}
	return c.loaded
}

// reload reads again what may change while the service runs.
func (s *server) reload() {
	if s.front.certificate == nil {
		s.logger.Info("SIGHUP: there is nothing to read again")
		return
	}
	if err := s.front.certificate.load(); err != nil {
		s.logger.Error("SIGHUP: the certificate cannot be used; the one before goes on", "error", err)
		return
	}
	s.logger.Info("SIGHUP: the certificate was read again")
}
