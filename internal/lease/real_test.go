package lease_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/lease"
	"github.com/hone-tuner/hone/internal/testcluster"
)

func TestALeaseOfARealCluster(t *testing.T) {
	client := testcluster.Client(t)
	namespace := testcluster.Namespace(t, client)
	options := func(identity string) lease.Options {
		return lease.Options{Client: client, Namespace: namespace, Name: "hone", Identity: identity, Every: 50 * time.Millisecond}
	}
	acquire := func(identity string) *lease.Lease {
		l, err := lease.Acquire(t.Context(), options(identity))
		require.NoError(t, err)
		return l
	}
	a := acquire("a")
	require.EqualValues(t, 1, a.Token())
	second := make(chan *lease.Lease)
	go func() {
		l, _ := lease.Acquire(context.WithoutCancel(t.Context()), options("b"))
		second <- l
	}()
	require.NoError(t, a.Raise(t.Context(), 40))
	require.NoError(t, a.Release(t.Context()))
	b := <-second
	require.NotNil(t, b)
	require.EqualValues(t, 42, b.Token())

	leases := client.Resource(schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}).Namespace(namespace)
	require.NoError(t, leases.Delete(t.Context(), "hone", metav1.DeleteOptions{}))
	require.Eventually(t, func() bool {
		_, err := leases.Get(t.Context(), "hone", metav1.GetOptions{})
		return err == nil
	}, time.Minute, time.Millisecond, "it is made again")
	again := acquire("b")
	require.EqualValues(t, 43, again.Token())
	<-b.Lost()
	require.ErrorIs(t, b.Err(), hone.Conflict)
	require.NoError(t, again.Release(t.Context()))

	_, err := lease.Acquire(t.Context(), lease.Options{Client: client, Namespace: "there-is-none", Name: "hone", Identity: "a"})
	require.ErrorIs(t, err, hone.NotFound)
	_, err = lease.Acquire(t.Context(), lease.Options{Client: client, Namespace: namespace, Name: "No Name", Identity: "a"})
	require.ErrorIs(t, err, hone.InvalidArgument)
}
