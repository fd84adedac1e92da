package api_test

import (
	"net/http"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/hone-tuner/hone/storage/memory"
	"github.com/stretchr/testify/require"
)

// BenchmarkGuard tells what it costs to ask who calls: the same request without a guard, and with one, a rate and a
// thousand tokens.
func BenchmarkGuard(b *testing.B) {
	keeper, err := access.New(b.Context(), access.Options{Store: memory.New()})
	require.NoError(b, err)
	var secrets []string
	for range 1000 {
		issued, err := keeper.CreateToken(b.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleEditor, Namespaces: []string{"default"}})
		require.NoError(b, err)
		secrets = append(secrets, issued.Secret)
	}
	rec := &wiretest.Recorder{}
	guard := api.Guard{Authorizer: keeper, VerifyTrial: verifyTrial, Rate: 1e9}
	for name, h := range map[string]http.Handler{
		"without": api.NewHandler(rec, api.Options{}),
		"with":    api.NewGuardedHandler(rec, guard, api.Options{}),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				w := do(h, "GET", "/api/v1/algorithms", "", "Authorization", "Bearer "+secrets[i%len(secrets)])
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
