package cluster_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access/cluster"
	"github.com/hone-tuner/hone/internal/testcluster"
)

func accounts() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}
}

func rbac(resource string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: resource}
}

// token makes a token of an account, as kubectl create token does.
func token(t *testing.T, client dynamic.Interface, namespace, account string, audiences ...any) string {
	request := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
		"metadata": map[string]any{"name": account}, "spec": map[string]any{"audiences": audiences}}}
	answer, err := client.Resource(accounts()).Namespace(namespace).Create(t.Context(), request, metav1.CreateOptions{}, "token")
	require.NoError(t, err)
	text, _, _ := unstructured.NestedString(answer.Object, "status", "token")
	require.NotEmpty(t, text)
	return text
}

// bound makes an account to which verbs on experiments are allowed in its namespace.
func bound(t *testing.T, client dynamic.Interface, namespace, account string, verbs ...any) {
	here := func(name string) map[string]any { return map[string]any{"namespace": namespace, "name": name} }
	testcluster.Make(t, client, accounts(), "ServiceAccount", map[string]any{"metadata": here(account)})
	if len(verbs) == 0 {
		return
	}
	testcluster.Make(t, client, rbac("roles"), "Role", map[string]any{"metadata": here(account), "rules": []any{
		map[string]any{"apiGroups": []any{"hone.dev"}, "resources": []any{"experiments"}, "verbs": verbs}}})
	testcluster.Make(t, client, rbac("rolebindings"), "RoleBinding", map[string]any{"metadata": here(account),
		"roleRef":  map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": account},
		"subjects": []any{map[string]any{"kind": "ServiceAccount", "name": account, "namespace": namespace}}})
}

func TestARealClusterSaysWhoMayDoWhat(t *testing.T) {
	client := testcluster.Client(t)
	mine, other := testcluster.Namespace(t, client), testcluster.Namespace(t, client)
	bound(t, client, mine, "viewer", "get", "list", "watch")
	bound(t, client, mine, "editor", "get", "list", "watch", "create", "update", "patch", "delete")
	bound(t, client, mine, "admin", "*")
	bound(t, client, mine, "nobody")
	z := cluster.New(cluster.Options{Client: client, Namespaces: func(context.Context) ([]string, error) { return []string{mine, other}, nil }})
	require.NoError(t, z.Check(t.Context()))

	everywhere := hone.Access{Role: viewer, Everywhere: true}
	for who, may := range map[string]map[hone.Role]bool{
		"viewer": {viewer: true}, "editor": {viewer: true, editor: true}, "admin": {viewer: true, editor: true, admin: true}, "nobody": {},
	} {
		bearer := token(t, client, mine, who)
		for _, role := range hone.Roles() {
			_, err := z.Authorize(t.Context(), bearer, in(mine, role))
			require.Equal(t, may[role], err == nil, "%s as %s: %v", who, role, err)
			requireKind(t, z, bearer, in(other, role), hone.PermissionDenied)
		}
		requireKind(t, z, bearer, everywhere, hone.PermissionDenied)
		caller, err := z.Authorize(t.Context(), bearer, hone.Access{Role: viewer})
		require.NoError(t, err)
		require.Equal(t, "system:serviceaccount:"+mine+":"+who, caller.Name)
		if may[viewer] {
			require.Equal(t, []string{"", mine}, caller.Namespaces)
		} else {
			require.Equal(t, []string{""}, caller.Namespaces)
		}
	}

	forHone := token(t, client, mine, "viewer", "hone")
	requireKind(t, z, forHone, in(mine, viewer), hone.Unauthenticated)
	requireKind(t, z, forHone[:len(forHone)-2]+"xx", in(mine, viewer), hone.Unauthenticated)
	audience := cluster.New(cluster.Options{Client: client, Audience: "hone"})
	requireKind(t, audience, forHone, in(mine, viewer), "")
	requireKind(t, audience, token(t, client, mine, "viewer"), in(mine, viewer), hone.Unauthenticated)

	gone := token(t, client, mine, "editor")
	require.NoError(t, client.Resource(accounts()).Namespace(mine).Delete(t.Context(), "editor", metav1.DeleteOptions{}))
	requireKind(t, cluster.New(cluster.Options{Client: client}), gone, in(mine, viewer), hone.Unauthenticated)
}
