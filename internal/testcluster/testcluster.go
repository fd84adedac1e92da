// Package testcluster finds the cluster that `make cluster` starts, for tests of this module that need an API server. Admin is its
// entry point. A test without a cluster is skipped, and says so.
//
// It imports client-go. No other cluster is ever touched: what KUBECONFIG names may be somebody's production.
package testcluster

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kubeconfig is the file with which the cluster's admin comes to it.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("HONE_CLUSTER_DIR"), filepath.Join(os.TempDir(), "hone-cluster"))
	path := filepath.Join(dir, "kubeconfig")
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Skip("there is no cluster: `make cluster` starts one")
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Skipf("the cluster does not answer: %v", err)
	}
	_ = answer.Body.Close()
	return path
}

// Admin is the connection of the cluster's admin.
func Admin(t testing.TB) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1
	return config
}

// Client is that of the cluster's admin.
func Client(t testing.TB) dynamic.Interface {
	t.Helper()
	client, err := dynamic.NewForConfig(Admin(t))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// Make makes an object of a core or an RBAC kind, and deletes it when the test ends.
func Make(t testing.TB, client dynamic.Interface, resource schema.GroupVersionResource, kind string, object map[string]any) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{Object: object}
	u.SetGroupVersionKind(resource.GroupVersion().WithKind(kind))
	of := dynamic.ResourceInterface(client.Resource(resource))
	if namespace := u.GetNamespace(); namespace != "" {
		of = client.Resource(resource).Namespace(namespace)
	}
	made, err := of.Create(t.Context(), u, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = of.Delete(context.Background(), made.GetName(), metav1.DeleteOptions{}) })
	return made
}

// Namespace makes a namespace with a name of its own, and deletes it when the test ends.
func Namespace(t testing.TB, client dynamic.Interface) string {
	t.Helper()
	return Make(t, client, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, "Namespace",
		map[string]any{"metadata": map[string]any{"generateName": "hone-test-"}}).GetName()
}
