package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// pair is a certificate and its key, as they stand in files.
type pair struct{ cert, key []byte }

func newPair(t *testing.T, name string, until time.Time) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: until.Add(-1000 * time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})}
}

// tlsServer is a server on a real port whose files and clock can be changed.
type tlsServer struct {
	t                 *testing.T
	certFile, keyFile string
	address           string
	certificate       *api.Certificate
	now               atomic.Int64
	log               bytes.Buffer
}

func newTLSServer(t *testing.T, p pair) *tlsServer {
	dir := t.TempDir()
	s := &tlsServer{t: t, certFile: filepath.Join(dir, "tls.crt"), keyFile: filepath.Join(dir, "tls.key")}
	s.write(p)
	s.now.Store(time.Now().Unix())
	o := api.Options{Clock: func() time.Time { return time.Unix(s.now.Load(), 0) }, Logger: hclog.New(&hclog.LoggerOptions{Output: &s.log})}
	certificate, err := api.NewCertificate(s.certFile, s.keyFile, o)
	require.NoError(t, err)
	s.certificate = certificate
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := api.NewServer(api.NewHandler(&wiretest.Recorder{}, api.Options{}), api.Options{})
	server.TLSConfig = certificate.Config()
	s.address = listener.Addr().String()
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return s
}

func (s *tlsServer) write(p pair) {
	require.NoError(s.t, os.WriteFile(s.certFile, p.cert, 0o600))
	require.NoError(s.t, os.WriteFile(s.keyFile, p.key, 0o600))
}

// name is who the server says it is, after some seconds.
func (s *tlsServer) name(after time.Duration) string {
	s.t.Helper()
	s.now.Add(int64(after / time.Second))
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}}
	conn, err := dialer.DialContext(s.t.Context(), "tcp", s.address)
	require.NoError(s.t, err)
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	require.Equal(s.t, "h2", state.NegotiatedProtocol)
	return state.PeerCertificates[0].DNSNames[0]
}

func TestARenewedCertificateIsServedWithoutARestart(t *testing.T) {
	later := time.Now().Add(1000 * time.Hour)
	one, two := newPair(t, "one", later), newPair(t, "two", later)
	s := newTLSServer(t, one)
	require.Equal(t, "one", s.name(0))
	s.write(two)
	require.Equal(t, "one", s.name(9*time.Second), "the files are not read by every connection")
	require.Equal(t, "two", s.name(time.Second))
	require.Equal(t, "two", s.name(time.Hour))
	require.Equal(t, 1, strings.Count(s.log.String(), "a renewed certificate is served"))

	link := filepath.Join(filepath.Dir(s.certFile), "elsewhere")
	require.NoError(t, os.WriteFile(link, one.cert, 0o600))
	require.NoError(t, os.Remove(s.certFile))
	require.NoError(t, os.Symlink(link, s.certFile))
	require.NoError(t, os.WriteFile(s.keyFile, one.key, 0o600))
	require.Equal(t, "one", s.name(10*time.Second), "mounted secrets are links")
}

func TestACertificateIsReadAgainWhenSomebodySaysSo(t *testing.T) {
	later := time.Now().Add(1000 * time.Hour)
	one, two := newPair(t, "one", later), newPair(t, "two", later)
	s := newTLSServer(t, one)
	s.write(two)
	require.NoError(t, s.certificate.Reload())
	require.Equal(t, "two", s.name(0))
	s.write(pair{one.cert, two.key})
	require.ErrorIs(t, s.certificate.Reload(), hone.InvalidArgument)
	require.Equal(t, "two", s.name(0))
}

func TestABrokenPairKeepsTheOldOne(t *testing.T) {
	now := time.Now()
	one, two := newPair(t, "one", now.Add(time.Hour*1000)), newPair(t, "two", now.Add(time.Hour*1000))
	for name, c := range map[string]struct {
		broken func(s *tlsServer)
		says   string
	}{
		"half renewed": {func(s *tlsServer) { s.write(pair{two.cert, one.key}) }, "private key does not match"},
		"no PEM":       {func(s *tlsServer) { s.write(pair{[]byte("hello"), one.key}) }, "are not a certificate and its private key"},
		"cut off":      {func(s *tlsServer) { s.write(pair{two.cert[:100], two.key}) }, "are not a certificate"},
		"empty":        {func(s *tlsServer) { s.write(pair{}) }, "are not a certificate"},
		"missing":      {func(s *tlsServer) { require.NoError(t, os.Remove(s.keyFile)) }, "cannot be read"},
		"expired":      {func(s *tlsServer) { s.write(newPair(t, "old", now.Add(-time.Hour))) }, "has expired"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTLSServer(t, one)
			c.broken(s)
			for range 5 {
				require.Equal(t, "one", s.name(10*time.Second))
			}
			require.Equal(t, 1, strings.Count(s.log.String(), "cannot be used"), "it is said once: %s", &s.log)
			require.Contains(t, s.log.String(), c.says)
			require.NotContains(t, s.log.String(), "PRIVATE")
			s.write(two)
			require.Equal(t, "two", s.name(10*time.Second))
		})
	}
}

func TestAServerDoesNotStartWithABrokenPair(t *testing.T) {
	dir := t.TempDir()
	p := newPair(t, "one", time.Now().Add(time.Hour))
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	_, err := api.NewCertificate(cert, key, api.Options{})
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, cert)
	require.NoError(t, os.WriteFile(cert, p.cert, 0o600))
	require.NoError(t, os.WriteFile(key, p.cert, 0o600))
	_, err = api.NewCertificate(cert, key, api.Options{})
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "are not a certificate and its private key")
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	s := newTLSServer(t, newPair(t, "one", time.Now().Add(time.Hour)))
	for version, served := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}}
		conn, err := dialer.DialContext(context.Background(), "tcp", s.address)
		require.Equal(t, served, err == nil, "%s: %v", tls.VersionName(version), err)
		if err == nil {
			conn.Close()
		}
	}
}
