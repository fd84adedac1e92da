package access_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/storage/memory"
)

// world is a keeper with a clock that stands still until it is moved.
type world struct {
	*access.Keeper
	t     *testing.T
	store *flaky
	now   time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, store: &flaky{TokenStore: memory.New()}, now: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	w.Keeper = w.keeper(access.Options{})
	return w
}

// keeper makes one of the store as it is.
func (w *world) keeper(o access.Options) *access.Keeper {
	o.Store, o.Clock = w.store, func() time.Time { return w.now }
	if o.Random == nil {
		o.Random = rand.NewChaCha8([32]byte{byte(w.now.Nanosecond())})
	}
	k, err := access.New(w.t.Context(), o)
	require.NoError(w.t, err)
	return k
}

func (w *world) issue(r hone.TokenRequest) hone.IssuedToken {
	w.t.Helper()
	issued, err := w.CreateToken(w.t.Context(), r)
	require.NoError(w.t, err)
	return issued
}

func (w *world) authorize(secret string, a hone.Access) error {
	_, err := w.Authorize(w.t.Context(), secret, a)
	return err
}

func viewing() hone.Access { return hone.Access{Role: hone.RoleViewer} }

// flaky is a token store that can fail.
type flaky struct {
	hone.TokenStore
	err  error
	puts int
}

func (f *flaky) PutToken(ctx context.Context, t hone.StoredToken) error {
	if f.puts++; f.err != nil {
		return f.err
	}
	return f.TokenStore.PutToken(ctx, t)
}

func (f *flaky) DeleteToken(ctx context.Context, id string) error {
	if f.err != nil {
		return f.err
	}
	return f.TokenStore.DeleteToken(ctx, id)
}
