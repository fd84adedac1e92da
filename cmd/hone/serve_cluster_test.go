package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/testcluster"
)

// TestAServiceHoldsItsLeaseInACluster is about a real cluster: a service that is killed comes back at once, one that lost its lease leaves,
// and a lease that was deleted makes no store unusable.
func TestAServiceHoldsItsLeaseInACluster(t *testing.T) {
	kubeconfig, cluster, dir := testcluster.Kubeconfig(t), testcluster.Client(t), t.TempDir()
	namespace := testcluster.Namespace(t, cluster)
	leases := cluster.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace(namespace)
	start := func() *running {
		return startService(t, dir, nil, "--kubeconfig", kubeconfig, "--lease", namespace+"/hone")
	}
	for _, token := range []string{"token=1", "token=2"} {
		s := start()
		require.Contains(t, s.log.String(), token)
		require.Equal(t, exitDone, s.stop())
	}
	require.NoError(t, leases.Delete(t.Context(), "hone", metav1.DeleteOptions{}))
	s := start()
	require.Contains(t, s.log.String(), "token=1", "the lease begins anew, and goes on behind what the store has seen")
	lease, err := leases.Get(t.Context(), "hone", metav1.GetOptions{})
	require.NoError(t, err)
	require.EqualValues(t, 3, lease.Object["spec"].(map[string]any)["leaseTransitions"])

	taken := []byte(`{"spec": {"holderIdentity": "other", "leaseTransitions": 9}}`)
	_, err = leases.Patch(t.Context(), "hone", types.MergePatchType, taken, metav1.PatchOptions{})
	require.NoError(t, err)
	code := <-s.code
	s.code <- code
	require.Equal(t, exitFailed, code)
	require.Contains(t, s.log.String(), "was lost: other has taken it over")
	lease, err = leases.Get(t.Context(), "hone", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, "other", lease.Object["spec"].(map[string]any)["holderIdentity"], "it is not released by who lost it")
}

func TestAServiceAsksItsClusterWhoCallersAre(t *testing.T) {
	kubeconfig := testcluster.Kubeconfig(t)
	s := startService(t, t.TempDir(), nil, "--kubeconfig", kubeconfig, "--cluster-auth", "--token-file", t.TempDir()+"/token")
	list := func(token string) error {
		_, err := client.New(client.Options{BaseURL: s.url, Token: token}).ListExperiments(t.Context(), hone.ExperimentFilter{})
		return err
	}
	require.ErrorIs(t, list(""), hone.Unauthenticated, "nobody is a guest, on loopback neither")
	require.ErrorContains(t, list("wrong"), "neither this server nor its cluster knows the token")
	require.ErrorIs(t, list("wrong"), hone.Unauthenticated)
}

func TestSettingsOfAClusterThatMakeNoSense(t *testing.T) {
	for file, want := range map[string]string{
		"lease: hone":                              "must be a namespace and a name, such as hone-system/hone",
		"lease: a/b/c":                             "must be a namespace and a name",
		"clusterAudience: hone":                    "give --cluster-auth too",
		"clusterAuth: sometimes":                   "it must be true or false",
		"runner: kubernetes\nlease: hone-system/h": "needs --url",
	} {
		_, err := resolved(t, file, nil, nil)
		require.ErrorContains(t, err, want, file)
		require.Equal(t, exitUsage, exitCode(err), file)
	}
	r, err := resolved(t, "clusterAuth: true\nclusterAudience: hone\nlease: hone-system/hone", nil, nil)
	require.NoError(t, err)
	require.Equal(t, identityConfig{auth: true, audience: "hone", lease: "hone-system/hone"}, r.identity)
	r, err = resolved(t, "", map[string]string{"HONE_SERVE_CLUSTER_AUTH": "true"}, nil)
	require.NoError(t, err)
	require.True(t, r.identity.auth)
}
