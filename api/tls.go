package api

import (
	"bytes"
	"crypto/tls"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
)

// certificateAge is how long a certificate is served before its files are looked at again.
const certificateAge = 10 * time.Second

// Certificate is a pair of PEM files, the chain and its private key, that HTTPS is served with. They are read again
// when they change, at most every ten seconds and by whoever connects then, so that a renewed pair needs no restart. A pair
// that does not fit is logged, once, and the one before it goes on being served. It is safe for concurrent use.
type Certificate struct {
	certFile, keyFile string
	clock             hone.Clock
	logger            hclog.Logger

	mu     sync.Mutex
	looked time.Time
	tried  pemPair // what was read last, good or not
	failed string  // why it could not be used
	served *tls.Certificate
}

// NewCertificate reads a pair of files. Of o, the logger and the clock count.
func NewCertificate(certFile, keyFile string, o Options) (*Certificate, error) {
	o = o.withDefaults()
	c := &Certificate{certFile: certFile, keyFile: keyFile, clock: o.Clock, logger: o.Logger}
	return c, c.Reload()
}

// Config is for servers: TLS 1.2 and later, with the certificate as it is when somebody connects.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// Reload reads the files at once. What cannot be used leaves the certificate as it was.
func (c *Certificate) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = c.clock()
	files, err := c.read()
	if err == nil {
		err = c.use(files)
	}
	return err
}

type pemPair struct{ cert, key []byte }

// current is the certificate to serve.
func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	if now.Sub(c.looked) < certificateAge {
		return c.served
	}
	c.looked = now
	files, err := c.read()
	if err == nil && bytes.Equal(files.cert, c.tried.cert) && bytes.Equal(files.key, c.tried.key) {
		return c.served
	}
	if err == nil {
		err = c.use(files)
	}
	switch {
	case err == nil:
		c.failed = ""
		c.logger.Info("a renewed certificate is served", "file", c.certFile, "names", c.served.Leaf.DNSNames, "until", c.served.Leaf.NotAfter)
	case err.Error() != c.failed:
		c.failed = err.Error()
		c.logger.Error("the certificate changed and cannot be used: the one before it is served on", "error", err, "until", c.served.Leaf.NotAfter)
	}
	return c.served
}

func (c *Certificate) read() (p pemPair, err error) {
	if p.cert, err = os.ReadFile(c.certFile); err == nil {
		p.key, err = os.ReadFile(c.keyFile)
	}
	if err != nil {
		err = hone.Errorf(hone.InvalidArgument, "the certificate cannot be read: %w", err)
	}
	return p, err
}

// use serves a pair, if it is one.
func (c *Certificate) use(p pemPair) error {
	c.tried = p
	pair, err := tls.X509KeyPair(p.cert, p.key)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "%s and %s are not a certificate and its private key: %w", c.certFile, c.keyFile, err)
	}
	if end := pair.Leaf.NotAfter; !c.clock().Before(end) {
		return hone.Errorf(hone.InvalidArgument, "the certificate in %s has expired at %s: renew it", c.certFile, end.UTC().Format(time.RFC3339))
	}
	c.served = &pair
	return nil
}
