package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestEveryKindHasAStatusAndComesBackFromIt(t *testing.T) {
	shared := map[hone.Kind]hone.Kind{hone.AlreadyExists: hone.Conflict, hone.DataLoss: hone.Internal}
	seen := map[int]hone.Kind{}
	for _, kind := range hone.Kinds() {
		status := wire.StatusOf(kind)
		require.GreaterOrEqual(t, status, 400, "%s", kind)
		require.NotEmpty(t, http.StatusText(status), "%s", kind)
		if kind != hone.Internal && kind != hone.DataLoss {
			require.NotEqual(t, http.StatusInternalServerError, status, "%s is missing in the table", kind)
		}
		want := kind
		if other, ok := shared[kind]; ok {
			want = other
		} else {
			require.Empty(t, seen[status], "%s and %s share status %d", kind, seen[status], status)
			seen[status] = kind
		}
		require.Equal(t, want, wire.KindOfStatus(status), "%d", status)
	}
}

func TestEveryStatusOfAnErrorHasAKind(t *testing.T) {
	for status := 400; status < 600; status++ {
		kind := wire.KindOfStatus(status)
		require.Contains(t, hone.Kinds(), kind)
		if status < 500 && status != http.StatusMethodNotAllowed && status != http.StatusRequestTimeout {
			require.Less(t, wire.StatusOf(kind), 500, "%d is %s: who is to blame must not change", status, kind)
		}
	}
	require.Equal(t, hone.Unavailable, wire.KindOfStatus(http.StatusBadGateway))
	require.Equal(t, hone.InvalidArgument, wire.KindOfStatus(http.StatusTeapot))
}

func TestBareErrorsOfContextsGetAKind(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind hone.Kind
	}{
		{context.DeadlineExceeded, hone.DeadlineExceeded},
		{fmt.Errorf("store: %w", context.Canceled), hone.Unavailable},
		{hone.Errorf(hone.Conflict, "no: %w", context.Canceled), hone.Conflict},
		{errors.New("oops"), hone.Internal},
		{hone.NotFound, hone.NotFound},
	} {
		require.Equal(t, c.kind, wire.KindOf(c.err), "%v", c.err)
	}
}
