package cluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkRemembered is what a request of a caller costs whom the service has just let in.
func BenchmarkRemembered(b *testing.B) {
	z := newServer("ann get team").authorizer()
	for b.Loop() {
		_, err := z.Authorize(b.Context(), "token of ann", in("team", viewer))
		require.NoError(b, err)
	}
}
