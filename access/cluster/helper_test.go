package cluster_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	kubetesting "k8s.io/client-go/testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access/cluster"
)

// server is an API server that knows some tokens, and rules such as "ann update team".
type server struct {
	mu     sync.Mutex
	users  map[string]authentication.UserInfo // by token
	rules  []string                           // user, verb, and namespace or * for all
	takes  time.Duration                      // for an answer
	err    error
	denied bool     // says of all that it is allowed, and denied
	asked  []string // kinds of questions
	access []authorization.SubjectAccessReviewSpec
}

func newServer(rules ...string) *server {
	users := map[string]authentication.UserInfo{}
	for _, name := range []string{"ann", "bob", "eve"} {
		users["token of "+name] = authentication.UserInfo{Username: name, UID: "uid of " + name, Groups: []string{"people"},
			Extra: map[string]authentication.ExtraValue{"scopes": {"a", "b"}}}
	}
	users["of nobody"] = authentication.UserInfo{}
	users["anonymous"] = authentication.UserInfo{Username: "system:anonymous"}
	return &server{users: users, rules: rules}
}

func (s *server) client() dynamic.Interface {
	c := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{})
	c.PrependReactor("create", "*", func(action kubetesting.Action) (bool, runtime.Object, error) {
		object := action.(kubetesting.CreateAction).GetObject().(*unstructured.Unstructured)
		time.Sleep(s.delay())
		out, err := s.answer(action.GetResource(), object)
		return true, out, err
	})
	return client{c}
}

// client hears when nobody waits for an answer any more, which the fake one does not.
type client struct{ dynamic.Interface }

func (c client) Resource(r schema.GroupVersionResource) dynamic.NamespaceableResourceInterface {
	return resource{c.Interface.Resource(r)}
}

type resource struct {
	dynamic.NamespaceableResourceInterface
}

func (r resource) Create(ctx context.Context, object *unstructured.Unstructured, o metav1.CreateOptions, sub ...string) (*unstructured.Unstructured, error) {
	out, err := r.NamespaceableResourceInterface.Create(ctx, object, o, sub...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return out, err
}

func (s *server) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes
}

func (s *server) answer(r schema.GroupVersionResource, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, r.String())
	if s.err != nil {
		return nil, s.err
	}
	var answer any
	converter := runtime.DefaultUnstructuredConverter
	switch r.Resource {
	case "tokenreviews":
		review := &authentication.TokenReview{}
		if err := converter.FromUnstructured(object.Object, review); err != nil {
			return nil, err
		}
		user, known := s.users[review.Spec.Token]
		review.Status = authentication.TokenReviewStatus{Authenticated: known, User: user}
		if slices.Contains(review.Spec.Audiences, "hone") {
			review.Status.Audiences = []string{"hone"}
		}
		answer = review
	case "subjectaccessreviews":
		review := &authorization.SubjectAccessReview{}
		if err := converter.FromUnstructured(object.Object, review); err != nil {
			return nil, err
		}
		s.access = append(s.access, review.Spec)
		review.Status.Allowed, review.Status.Denied = s.denied || s.allows(review.Spec), s.denied
		answer = review
	}
	fields, err := converter.ToUnstructured(answer)
	return &unstructured.Unstructured{Object: fields}, err
}

func (s *server) allows(spec authorization.SubjectAccessReviewSpec) bool {
	a := spec.ResourceAttributes
	if a.Group != "hone.dev" || a.Resource != "experiments" || a.Subresource != "" || a.Name != "" {
		return false
	}
	for _, rule := range s.rules {
		words := strings.Fields(rule)
		if words[0] == spec.User && words[1] == a.Verb && (words[2] == "*" || words[2] == a.Namespace) {
			return true
		}
	}
	return false
}

func (s *server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *server) questions() (n int) {
	s.change(func() { n = len(s.asked) })
	return n
}

func (s *server) authorizer(namespaces ...string) *cluster.Authorizer {
	return cluster.New(cluster.Options{Client: s.client(),
		Namespaces: func(context.Context) ([]string, error) { return namespaces, nil }})
}

func in(namespace string, role hone.Role) hone.Access {
	return hone.Access{Role: role, Namespace: namespace}
}

func requireKind(t *testing.T, z hone.Authorizer, token string, a hone.Access, kind hone.Kind) {
	t.Helper()
	caller, err := z.Authorize(t.Context(), token, a)
	if kind == "" {
		require.NoError(t, err)
		require.False(t, caller.Guest)
		return
	}
	require.ErrorIs(t, err, kind)
	require.Equal(t, hone.Caller{}, caller)
}
