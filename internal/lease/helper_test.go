package lease_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"

	"github.com/hone-tuner/hone/internal/lease"
)

// server is an API server that knows one Lease, with the rule that counts: who writes an older version is refused.
type server struct {
	mu      sync.Mutex
	object  *unstructured.Unstructured // nil for none
	version int
	writes  int
	fail    func(verb string) error // before anything is done
	lose    func(verb string) error // after it was done: the answer is lost
}

var errAway = errors.New("connection refused")

func group() schema.GroupResource {
	return schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}
}

// client is one that a process has of its own. It can be cut off.
func (s *server) client(cut *atomic.Bool) dynamic.Interface {
	c := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{})
	c.PrependReactor("*", "leases", func(action kubetesting.Action) (bool, runtime.Object, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if cut.Load() {
			return true, nil, errAway
		}
		if s.fail != nil {
			if err := s.fail(action.GetVerb()); err != nil {
				return true, nil, err
			}
		}
		object, err := s.serve(action)
		if s.lose != nil && err == nil {
			err = s.lose(action.GetVerb())
		}
		if err != nil {
			return true, nil, err
		}
		return true, object.DeepCopy(), nil
	})
	return c
}

func (s *server) serve(action kubetesting.Action) (*unstructured.Unstructured, error) {
	const name = "hone"
	switch a := action.(type) {
	case kubetesting.UpdateAction: // before create, whose shape it has
		object := a.GetObject().(*unstructured.Unstructured)
		if action.GetVerb() == "create" {
			if s.object != nil {
				return nil, apierrors.NewAlreadyExists(group(), name)
			}
		} else if s.object == nil {
			return nil, apierrors.NewNotFound(group(), name)
		} else if object.GetResourceVersion() != s.object.GetResourceVersion() {
			return nil, apierrors.NewConflict(group(), name, errors.New("the object has been modified"))
		}
		s.put(object)
	default:
		if s.object == nil {
			return nil, apierrors.NewNotFound(group(), name)
		}
	}
	return s.object, nil
}

func (s *server) put(object *unstructured.Unstructured) {
	s.version++
	s.writes++
	s.object = object.DeepCopy()
	s.object.SetResourceVersion(strconv.Itoa(s.version))
}

// change does something to the server while nobody asks it.
func (s *server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// edit changes the object as somebody else would.
func (s *server) edit(f func(o *unstructured.Unstructured)) {
	s.change(func() {
		o := s.object.DeepCopy()
		f(o)
		s.put(o)
	})
}

func (s *server) spec() (out map[string]any) {
	s.change(func() { out, _, _ = unstructured.NestedMap(s.object.Object, "spec") })
	return out
}

func (s *server) labels() (out map[string]string) {
	s.change(func() { out = s.object.GetLabels() })
	return out
}

func (s *server) written() (n int) {
	s.change(func() { n = s.writes })
	return n
}

func (s *server) away(yes bool) {
	s.change(func() {
		s.fail = nil
		if yes {
			s.fail = func(string) error { return errAway }
		}
	})
}

func (s *server) options(identity string) lease.Options {
	return lease.Options{Client: s.client(new(atomic.Bool)), Namespace: "hone-system", Name: "hone", Identity: identity}
}

func (s *server) acquire(t *testing.T, identity string) *lease.Lease {
	t.Helper()
	l, err := lease.Acquire(t.Context(), s.options(identity))
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Release(context.Background()) })
	return l
}

func held(l *lease.Lease) bool {
	select {
	case <-l.Lost():
		return false
	default:
		return true
	}
}

// wait waits until a lease is lost, and returns how long that took.
func wait(l *lease.Lease) time.Duration {
	began := time.Now()
	<-l.Lost()
	return time.Since(began)
}
