package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"regexp"
	"strings"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access/cluster"
	"github.com/hone-tuner/hone/internal/lease"
)

// identityConfig is what `hone serve` can be told about its place in a cluster: who is let in, and that it is the only one.
type identityConfig struct {
	auth     bool
	audience string
	lease    string // NAMESPACE/NAME
}

func (c *identityConfig) settings() []setting {
	return []setting{
		{flag: "cluster-auth", value: (*switchValue)(&c.auth), usage: "let in who is known to the cluster, with what its roles allow on experiments.hone.dev"},
		{flag: "cluster-audience", value: (*textValue)(&c.audience), usage: "whom tokens of the cluster must be meant for; without it, the API server"},
		{flag: "lease", value: (*textValue)(&c.lease), usage: "Lease of the cluster to hold, NAMESPACE/NAME, so that no second service writes to the same store"},
	}
}

var leaseForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$`)

func (c *identityConfig) check() error {
	switch {
	case c.lease != "" && !leaseForm.MatchString(c.lease):
		return usagef("--lease %q must be a namespace and a name, such as hone-system/hone", c.lease)
	case c.audience != "" && !c.auth:
		return usagef("--cluster-audience is about tokens of the cluster: give --cluster-auth too")
	}
	return nil
}

// identityClient makes a client of its own for questions that others wait for: trials do not use up its rate. It speaks
// HTTP/1.1, which drops a dead connection with the request that finds it so; HTTP/2 would go on with it for most of a minute.
func (c *clusterConfig) identityClient() (dynamic.Interface, error) {
	config, err := c.connection()
	if err != nil {
		return nil, err
	}
	config.NextProtos = []string{"http/1.1"}
	config.WarningHandler = rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the cluster's address or credentials cannot be used: %w", err)
	}
	return client, nil
}

// holdLease waits until this service is the one; nil where nothing was said about that.
func (s *server) holdLease(ctx context.Context) (*lease.Lease, error) {
	if s.config.identity.lease == "" {
		return nil, nil
	}
	client, err := s.config.cluster.identityClient()
	if err != nil {
		return nil, err
	}
	namespace, name, _ := strings.Cut(s.config.identity.lease, "/")
	s.notify.say("STATUS=waiting for the lease " + s.config.identity.lease)
	return lease.Acquire(ctx, lease.Options{Client: client, Namespace: namespace, Name: name, Identity: leaseIdentity(s.dir), Logger: s.logger.Named("lease")})
}

// leaseIdentity names this process among those that might want the lease. The lock of the data directory is held already: who
// finds its own name in the lease knows that the process which wrote it has ended, and need not wait.
func leaseIdentity(dir string) string {
	host, _ := os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // two machines may have one name
	sum := sha256.Sum256([]byte(string(boot) + "/" + dir))
	return host + "_" + hex.EncodeToString(sum[:4])
}

// fence tells a store that it is this service's. A store may have seen a greater token than the lease has, when the lease was
// deleted or the store came from another cluster: who holds the lease may then go on from there.
func fence(ctx context.Context, l *lease.Lease, store hone.Store) error {
	fencer, ok := store.(hone.Fencer)
	if l == nil || !ok {
		return nil
	}
	err := fencer.Fence(ctx, l.Token())
	var fenced *hone.FenceError
	if !errors.As(err, &fenced) {
		return err
	}
	if err := l.Raise(ctx, fenced.Newest); err != nil {
		return err
	}
	return fencer.Fence(ctx, l.Token())
}

// lost is closed when the service is no longer the one; nil, which never is, where it need not be.
func (s *server) lost() <-chan struct{} {
	if s.lease == nil {
		return nil
	}
	return s.lease.Lost()
}

// releaseLease lets the next service begin at once. Nothing may be written any more.
func (s *server) releaseLease(ctx context.Context) error {
	if s.lease == nil {
		return nil
	}
	return s.lease.Release(context.WithoutCancel(ctx))
}

// leavingTime is how long requests may take that are being answered. Who lost the lease has to be gone before another
// service may have it.
func (s *server) leavingTime() time.Duration {
	const hasty = 5 * time.Second
	if s.lease != nil && s.lease.Err() != nil {
		return min(s.config.grace, hasty)
	}
	return s.config.grace
}

// openDoor makes what asks the cluster who callers are.
func (s *server) openDoor(ctx context.Context) error {
	if !s.config.identity.auth {
		return nil
	}
	client, err := s.config.cluster.identityClient()
	if err != nil {
		return err
	}
	o := cluster.Options{Client: client, Audience: s.config.identity.audience, Logger: s.logger.Named("access")}
	if lister, ok := s.owner.store.(hone.NamespaceLister); ok {
		o.Namespaces = lister.Namespaces
	}
	s.door = cluster.New(o)
	if err := s.door.Check(ctx); errors.Is(err, hone.PermissionDenied) {
		return err
	} else if err != nil {
		s.logger.Warn("the cluster does not answer yet: who comes with one of its tokens has to wait", "error", err)
	}
	return nil
}

// authenticated reports whether callers from elsewhere have to say who they are.
func (s *server) authenticated() bool { return s.door != nil || s.owner.keeper.Configured() }

// authorizer says who may do what on an address.
func (s *server) authorizer(loopback bool) hone.Authorizer {
	switch {
	case s.door != nil:
		return s.owner.keeper.Or(s.door)
	case loopback:
		return s.owner.keeper.Loopback()
	}
	return s.owner.keeper
}
