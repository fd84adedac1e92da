package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access/cluster"
)

const viewer, editor, admin = hone.RoleViewer, hone.RoleEditor, hone.RoleAdmin

func TestTheClusterSaysWhoMayDoWhat(t *testing.T) {
	z := newServer("ann get *", "ann update *", "ann administer *", "bob get team", "bob update team").authorizer()
	everywhere := func(role hone.Role) hone.Access { return hone.Access{Role: role, Everywhere: true} }
	for _, c := range []struct {
		who  string
		what hone.Access
		kind hone.Kind
	}{
		{"token of ann", in("team", admin), ""},
		{"token of ann", everywhere(admin), ""},
		{"token of bob", in("team", viewer), ""},
		{"token of bob", in("team", editor), ""},
		{"token of bob", in("team", admin), hone.PermissionDenied},
		{"token of bob", in("other", viewer), hone.PermissionDenied},
		{"token of bob", everywhere(viewer), hone.PermissionDenied},
		{"token of bob", hone.Access{Role: viewer, Everywhere: true, Namespace: "team"}, hone.PermissionDenied},
		{"token of eve", in("team", viewer), hone.PermissionDenied},
		{"token of ann", in("team", ""), hone.PermissionDenied},
		{"token of ann", in("team", "owner"), hone.PermissionDenied},
		{"token of ann", in("*", viewer), hone.PermissionDenied},
		{"token of ann", in("Team", viewer), hone.PermissionDenied},
		{"token of ann", in("a/b", viewer), hone.PermissionDenied},
		{"token of ann", in(strings.Repeat("a", 64), viewer), hone.PermissionDenied},
		{"of somebody", in("team", viewer), hone.Unauthenticated},
		{"of nobody", in("team", viewer), hone.Unauthenticated},
		{"anonymous", in("team", viewer), hone.Unauthenticated},
		{"", in("team", viewer), hone.Unauthenticated},
		{"", hone.Access{}, hone.Unauthenticated},
	} {
		t.Run(fmt.Sprintf("%s %v", c.who, c.what), func(t *testing.T) { requireKind(t, z, c.who, c.what, c.kind) })
	}
}

func TestADenialCountsMoreThanAPermission(t *testing.T) {
	s := newServer()
	s.denied = true
	requireKind(t, s.authorizer(), "token of ann", in("team", viewer), hone.PermissionDenied)
}

func TestTheCallerIsTheUserOfTheCluster(t *testing.T) {
	s := newServer("bob get team")
	caller, err := s.authorizer().Authorize(t.Context(), "token of bob", in("team", viewer))
	require.NoError(t, err)
	require.Equal(t, hone.Caller{ID: "user bob", Name: "bob"}, caller)
	require.Equal(t, []authorization.SubjectAccessReviewSpec{{User: "bob", UID: "uid of bob", Groups: []string{"people"},
		Extra:              map[string]authorization.ExtraValue{"scopes": {"a", "b"}},
		ResourceAttributes: &authorization.ResourceAttributes{Group: "hone.dev", Resource: "experiments", Verb: "get", Namespace: "team"}}}, s.access,
		"all that the cluster said of the user goes into the question")
}

func TestAListIsOfTheNamespacesThatTheCallerMaySee(t *testing.T) {
	some := hone.Access{Role: viewer}
	z := newServer("ann get *", "bob get team", "bob get other", "bob update team").authorizer("another", "other", "team", "Odd")
	for _, c := range []struct {
		who  string
		role hone.Role
		want []string
	}{
		{"token of ann", viewer, nil}, // all
		{"token of bob", viewer, []string{"", "other", "team"}},
		{"token of bob", editor, []string{"", "team"}},
		{"token of eve", viewer, []string{""}}, // sees an empty list
	} {
		caller, err := z.Authorize(t.Context(), c.who, hone.Access{Role: c.role})
		require.NoError(t, err)
		require.Equal(t, c.want, caller.Namespaces, "%s %s", c.who, c.role)
	}

	many := make([]string, 501)
	for i := range many {
		many[i] = fmt.Sprintf("team-%d", i)
	}
	requireKind(t, newServer("bob get team-1").authorizer(many...), "token of bob", some, hone.PermissionDenied)
	requireKind(t, newServer("ann get *").authorizer(many...), "token of ann", some, "")
	caller, err := newServer("bob get team-1", "bob get team-499").authorizer(many[:500]...).Authorize(t.Context(), "token of bob", some)
	require.NoError(t, err)
	require.Equal(t, []string{"", "team-1", "team-499"}, caller.Namespaces)

	broken := cluster.New(cluster.Options{Client: newServer().client(), Namespaces: func(context.Context) ([]string, error) {
		return nil, hone.Errorf(hone.DataLoss, "the store is damaged")
	}})
	requireKind(t, broken, "token of bob", some, hone.DataLoss)
}

func TestATokenForSomebodyElseIsRefused(t *testing.T) {
	for audience, kind := range map[string]hone.Kind{"": "", "hone": "", "other": hone.Unauthenticated} {
		s := newServer("ann get *")
		z := cluster.New(cluster.Options{Client: s.client(), Audience: audience})
		requireKind(t, z, "token of ann", in("team", viewer), kind)
	}
}

func TestAnswersAreRememberedForAFewSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("ann get team")
		z := s.authorizer()
		ask := func(token string, kind hone.Kind) {
			t.Helper()
			requireKind(t, z, token, in("team", viewer), kind)
		}
		for range 50 {
			ask("token of ann", "")
			ask("token of bob", hone.PermissionDenied)
			ask("wrong", hone.Unauthenticated)
		}
		require.Equal(t, 5, s.questions(), "of three tokens, and the rights of two")

		s.change(func() {
			delete(s.users, "token of ann")
			s.rules = []string{"bob get team"}
			s.users["wrong"] = s.users["token of bob"]
		})
		time.Sleep(3 * time.Second)
		ask("token of ann", "")
		ask("token of bob", "") // what was given works after three seconds
		ask("wrong", "")
		time.Sleep(7 * time.Second)
		ask("token of ann", hone.Unauthenticated) // what was taken away, not after ten

		s.change(func() { s.rules = nil })
		time.Sleep(10 * time.Second)
		ask("token of bob", hone.PermissionDenied)
	})
}

func TestWhoAsksTheSameAtTheSameTimeSharesTheQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer("ann get team")
		s.takes = time.Second
		z := s.authorizer()
		hasty, end := context.WithTimeout(t.Context(), time.Millisecond)
		defer end()
		_, err := z.Authorize(hasty, "token of ann", in("team", viewer))
		require.ErrorIs(t, err, hone.DeadlineExceeded)
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { requireKind(t, z, "token of ann", in("team", viewer), "") })
		}
		all.Wait()
		require.Equal(t, 2, s.questions(), "one who had no time spoils it for nobody")
	})
}

func TestAClusterThatCannotBeAskedLetsNobodyIn(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "tokenreviews"}, "", errors.New("no RBAC policy matched"))
	for name, err := range map[string]error{
		"away": errors.New("connection refused"), "busy": apierrors.NewTooManyRequests("later", 1), "broken": apierrors.NewInternalError(errors.New("x")),
		"forbidden": forbidden,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newServer("ann get team")
				z := s.authorizer("team")
				s.change(func() { s.err = err })
				for _, a := range []hone.Access{in("team", viewer), {Role: viewer}, {Role: admin, Everywhere: true}} {
					requireKind(t, z, "token of ann", a, hone.Unavailable)
				}
				s.change(func() { s.err = nil })
				requireKind(t, z, "token of ann", in("team", viewer), "") // that it was away is not remembered

				time.Sleep(9 * time.Second)
				s.change(func() { s.err = err })
				requireKind(t, z, "token of ann", in("team", viewer), "") // that it answered, is
				requireKind(t, z, "token of ann", in("other", viewer), hone.Unavailable)
				requireKind(t, z, "token of ann", hone.Access{Role: viewer}, hone.Unavailable)
				time.Sleep(time.Second)
				requireKind(t, z, "token of ann", in("team", viewer), hone.Unavailable)
			})
		})
	}
}

func TestAServiceThatMayNotAskIsToldSo(t *testing.T) {
	s := newServer()
	require.NoError(t, s.authorizer().Check(t.Context()))
	require.Equal(t, []string{"authentication.k8s.io/v1, Resource=tokenreviews", "authorization.k8s.io/v1, Resource=subjectaccessreviews"}, s.asked)
	s.err = apierrors.NewForbidden(schema.GroupResource{Resource: "tokenreviews"}, "", errors.New("no RBAC policy matched"))
	err := s.authorizer().Check(t.Context())
	require.ErrorIs(t, err, hone.PermissionDenied)
	require.ErrorContains(t, err, "system:auth-delegator")
	s.err = errors.New("connection refused")
	require.ErrorIs(t, s.authorizer().Check(t.Context()), hone.Unavailable)
}

func TestAFloodOfTokensTakesBoundedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which no answer gets too old
		s := newServer("ann get team")
		z := s.authorizer()
		for i := range 6000 {
			token := fmt.Sprintf("wrong %d", i)
			if i%2 == 0 {
				s.change(func() { s.users[token] = authentication.UserInfo{Username: token} })
			}
			_, err := z.Authorize(t.Context(), token, in("team", viewer))
			require.Error(t, err)
		}
		users, answers := cluster.Remembered(z)
		require.Equal(t, 4096, users)
		require.Equal(t, 3000, answers)
		requireKind(t, z, "token of ann", in("team", viewer), "")
	})
}
