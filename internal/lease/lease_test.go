package lease_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/lease"
)

func TestTheTokenGrowsWithEveryAcquisition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, began := &server{}, time.Now()
		a := s.acquire(t, "a")
		require.EqualValues(t, 1, a.Token())
		require.Equal(t, "a", s.spec()["holderIdentity"])
		require.EqualValues(t, 60, s.spec()["leaseDurationSeconds"])
		require.NoError(t, a.Release(t.Context()))
		require.Equal(t, "", s.spec()["holderIdentity"])

		b := s.acquire(t, "b")
		require.EqualValues(t, 2, b.Token())
		again := s.acquire(t, "b") // it was killed, and has come again
		require.EqualValues(t, 3, again.Token())
		require.Zero(t, time.Since(began), "nobody waited")
		wait(b)
		require.ErrorIs(t, b.Err(), hone.Conflict, "of two with the same identity, the newer one has it")
		require.True(t, held(again))
	})
}

func TestAHolderThatLivesKeepsTheLeaseAndOneThatIsGoneLosesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		a := s.acquire(t, "a")
		acquired := s.spec()["acquireTime"]
		ctx, end := context.WithTimeout(t.Context(), time.Hour)
		defer end()
		_, err := lease.Acquire(ctx, s.options("b"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, held(a))
		require.Equal(t, acquired, s.spec()["acquireTime"])
		require.EqualValues(t, 1, s.spec()["leaseTransitions"])

		// It was killed: nobody releases.
		s.edit(func(o *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(o.Object, "gone", "spec", "holderIdentity")
		})
		wait(a)
		began := time.Now()
		b := s.acquire(t, "b")
		require.EqualValues(t, 2, b.Token())
		require.Equal(t, lease.DefaultDuration, time.Since(began), "the clocks of others are not believed: it waits for the whole duration")
	})
}

func TestAnAPIServerThatIsAwayForAWhileCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		l := s.acquire(t, "a")
		for range 10 {
			s.away(true)
			time.Sleep(30 * time.Second)
			s.away(false)
			time.Sleep(15 * time.Second)
			require.True(t, held(l))
		}
		require.NoError(t, l.Err())
	})
}

func TestALeaseThatCannotBeRenewedIsLostBeforeAnotherCanHaveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		l := s.acquire(t, "a")
		s.away(true)
		lost := wait(l)
		require.GreaterOrEqual(t, lost, lease.DefaultPatience)
		require.Less(t, lost, lease.DefaultDuration-10*time.Second)
		require.ErrorIs(t, l.Err(), hone.Unavailable)
		require.ErrorIs(t, l.Err(), errAway)
		s.away(false)
		writes := s.written()
		require.NoError(t, l.Release(t.Context()))
		require.Error(t, l.Raise(t.Context(), 9))
		require.Equal(t, writes, s.written(), "what was lost is not touched")
	})
}

func TestALeaseThatSomebodyTookIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		l := s.acquire(t, "a")
		s.edit(func(o *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(o.Object, "b", "spec", "holderIdentity")
			_ = unstructured.SetNestedField(o.Object, int64(2), "spec", "leaseTransitions")
		})
		require.Equal(t, lease.DefaultEvery, wait(l))
		require.ErrorIs(t, l.Err(), hone.Conflict)
		require.ErrorContains(t, l.Err(), "hone-system/hone was lost: b has taken it over")
	})
}

func TestWhatHappensToTheObjectBesideDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		l := s.acquire(t, "a")
		s.edit(func(o *unstructured.Unstructured) { o.SetLabels(map[string]string{"team": "vision"}) })
		time.Sleep(time.Minute)
		require.True(t, held(l))
		require.Equal(t, "vision", s.labels()["team"], "what others wrote stays")

		s.change(func() { s.lose = func(string) error { return errAway } }) // it is done, but the answer does not come
		time.Sleep(20 * time.Second)
		s.change(func() { s.lose = nil })
		time.Sleep(time.Minute)
		require.True(t, held(l))

		l2 := s.acquire(t, "a")
		wait(l)
		s.change(func() { s.object = nil })
		time.Sleep(time.Minute)
		require.True(t, held(l2))
		require.EqualValues(t, 2, s.spec()["leaseTransitions"], "a lease that was deleted is made again with the token that it had")
	})
}

func TestTheTokenCanBeRaisedByWhoHoldsTheLeaseOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		l := s.acquire(t, "a")
		require.NoError(t, l.Raise(t.Context(), 41))
		require.EqualValues(t, 42, l.Token())
		require.EqualValues(t, 42, s.spec()["leaseTransitions"])
		time.Sleep(time.Minute)
		require.True(t, held(l))
		require.NoError(t, l.Raise(t.Context(), 7))
		require.EqualValues(t, 43, l.Token(), "it never becomes less")

		s.edit(func(o *unstructured.Unstructured) {
			_ = unstructured.SetNestedField(o.Object, "b", "spec", "holderIdentity")
		})
		require.ErrorIs(t, l.Raise(t.Context(), 100), hone.Conflict)
		require.EqualValues(t, 43, s.spec()["leaseTransitions"])
		require.Error(t, l.Raise(t.Context(), 1<<31))
	})
}

func TestALeaseThatCannotBeHadSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			verb string
			err  error
			kind hone.Kind
			says string
		}{
			"no rights":         {"get", apierrors.NewForbidden(group(), "hone", errors.New("no RBAC policy matched")), hone.PermissionDenied, "allow this account get, create and update"},
			"may look only":     {"create", apierrors.NewForbidden(group(), "hone", errors.New("no RBAC policy matched")), hone.PermissionDenied, "no RBAC policy matched"},
			"no such namespace": {"create", apierrors.NewNotFound(group(), "hone"), hone.NotFound, "make the namespace first"},
			"an impossible one": {"create", apierrors.NewBadRequest("name"), hone.InvalidArgument, "cannot be made"},
		} {
			s := &server{fail: func(verb string) error {
				if verb == c.verb {
					return c.err
				}
				return nil
			}}
			_, err := lease.Acquire(t.Context(), s.options("a"))
			require.ErrorIs(t, err, c.kind, name)
			require.ErrorContains(t, err, c.says, name)
			require.ErrorContains(t, err, "hone-system/hone", name)
		}
	})
}

func TestAServerThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		s.away(true)
		go func() {
			time.Sleep(10 * time.Minute)
			s.away(false)
		}()
		began := time.Now()
		l := s.acquire(t, "a")
		require.EqualValues(t, 1, l.Token())
		require.WithinDuration(t, began.Add(10*time.Minute), time.Now(), 3*time.Second)

		s.away(true)
		ctx, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		_, err := lease.Acquire(ctx, s.options("b"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
