package main

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
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
)

// running is a service in this process.
type running struct {
	t    *testing.T
	dir  string
	url  string
	end  context.CancelFunc
	code chan int
	log  *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// startService runs hone serve until the test ends, and waits until it serves.
func startService(t *testing.T, dir string, environment map[string]string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &running{t: t, dir: dir, end: cancel, code: make(chan int, 1), log: &lockedBuffer{}}
	a := newApp(strings.NewReader(""), io.Discard, s.log)
	a.getenv = func(name string) string { return environment[name] }
	a.environ = func() []string { return nil }
	go func() {
		s.code <- a.run(ctx, append([]string{"serve", "--data-dir", dir, "--listen", "127.0.0.1:0"}, args...))
	}()
	t.Cleanup(func() { s.stop() })
	require.Eventually(t, func() bool {
		found := servingLine.FindStringSubmatch(s.log.String())
		if found != nil {
			s.url = found[1]
		}
		return found != nil
	}, time.Minute, time.Millisecond, "the service starts")
	return s
}

// stop ends the service in good order and returns its exit code.
func (s *running) stop() int {
	s.end()
	code := <-s.code
	s.code <- code
	return code
}

const externalFile = `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: outside}
spec:
  objective: {metric: score, goal: maximize}
  parameters: [{name: x, type: double, min: 0, max: 1}]
`

func TestAServiceEndsItsStreamsAndKeepsWhatItAcknowledged(t *testing.T) {
	dir := t.TempDir()
	s := startService(t, dir, nil)
	c := client.New(client.Options{BaseURL: s.url})
	_, err := c.CreateExperiment(t.Context(), []byte(externalFile))
	require.NoError(t, err)
	name := hone.Name{Name: "outside"}
	streamed := make(chan error, 1)
	attached := make(chan struct{})
	go func() {
		for ev, err := range c.Watch(t.Context(), name, 0) {
			if err != nil {
				streamed <- err
				return
			}
			if ev.Type == hone.EventAttached {
				close(attached)
			}
		}
	}()
	<-attached
	asked, err := c.Ask(t.Context(), name, hone.AskRequest{Client: "w"})
	require.NoError(t, err)
	require.Equal(t, exitDone, s.stop())
	require.ErrorIs(t, <-streamed, hone.Unavailable, "who watches learns that the service has left, and may come again")
	require.Contains(t, s.log.String(), "leaving; trials: 1 running, left as they are")

	again := startService(t, dir, nil)
	require.Contains(t, again.log.String(), "1 experiment resumed")
	c = client.New(client.Options{BaseURL: again.url})
	same, err := c.Ask(t.Context(), name, hone.AskRequest{Client: "w"})
	require.NoError(t, err)
	require.Equal(t, asked.Trials[0].Name(), same.Trials[0].Name())
	require.Equal(t, asked.Trials[0].Parameters, same.Trials[0].Parameters)
}

func TestAServiceThatLeavesRefusesWhatComesNew(t *testing.T) {
	g := &gate{}
	entered, leave := make(chan struct{}), make(chan struct{})
	h := g.through(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(entered); <-leave }))
	answered := make(chan struct{})
	go func() {
		h.ServeHTTP(nil, &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/x"}})
		close(answered)
	}()
	<-entered
	g.shutNow()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, g.drain(over), "somebody is inside")
	close(leave)
	<-answered
	require.True(t, g.drain(t.Context()))
}

func TestHTTPSWithACertificateThatIsRenewed(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	writeCertificate(t, cert, key, "first")
	s := startService(t, filepath.Join(dir, "data"), nil, "--tls-cert", cert, "--tls-key", key)
	require.True(t, strings.HasPrefix(s.url, "https://"))
	a := newApp(nil, io.Discard, io.Discard)
	session, err := a.remoteSession(place{server: s.url, caFile: cert})
	require.NoError(t, err)
	require.NoError(t, ping(t.Context(), session))
	require.NoError(t, session.Close(t.Context()))
	session, err = a.remoteSession(place{server: s.url})
	require.NoError(t, err)
	untrusted := ping(t.Context(), session)
	require.ErrorContains(t, untrusted, "answered, but its certificate is not trusted")
	require.NotContains(t, untrusted.Error(), "is a Hone server running there")
	require.Contains(t, hintFor(untrusted), "--ca-file")
	session, err = a.remoteSession(place{server: s.url, insecure: true})
	require.NoError(t, err)
	require.NoError(t, ping(t.Context(), session))
	require.NoError(t, session.Close(t.Context()))

	writeCertificate(t, cert, key, "second")
	hangUp(t)
	require.Eventually(t, func() bool { return subject(t, s.url) == "second" }, time.Minute, time.Millisecond, "SIGHUP reads it again")
	require.NoError(t, os.WriteFile(key, []byte("rubbish"), 0o600))
	hangUp(t)
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), "the one before goes on") }, time.Minute, time.Millisecond)
	require.Equal(t, "second", subject(t, s.url))
}

func hangUp(t *testing.T) { require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP)) }

// subject says whose certificate a server shows.
func subject(t *testing.T, server string) string {
	conn, err := tls.Dial("tcp", strings.TrimPrefix(server, "https://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test
	require.NoError(t, err)
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// writeCertificate signs a certificate for loopback with its own key.
func writeCertificate(t *testing.T, cert, key, name string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

func TestSystemdIsToldHowTheServiceStands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer listener.Close()
	s := startService(t, t.TempDir(), map[string]string{"NOTIFY_SOCKET": path})
	said := func() string {
		b := make([]byte, 1024)
		n, err := listener.Read(b)
		require.NoError(t, err)
		return string(b[:n])
	}
	require.Equal(t, "READY=1\nSTATUS=serving "+s.url, said())
	require.Equal(t, exitDone, s.stop())
	require.Equal(t, "STOPPING=1", said())
	notifier{}.say("READY=1") // nobody listens
}

func TestTrialsDoNotSeeWhatIsMeantForTheService(t *testing.T) {
	require.Equal(t, []string{"PATH=/bin", "HONE_DATA=d"},
		trialEnvironment([]string{"PATH=/bin", "HONE_TOKEN=t", "NOTIFY_SOCKET=/s", "HONE_SERVE_LISTEN=x", "LISTEN_FDS=1", "HONE_DATA=d"}))
}
