package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// NewPushHandler serves the one route by which trials push their measurements, for a port on the loopback
// interface: POST …/trials/{trial}/measurements with the trial's token as bearer. verify says why a token is
// not that trial's, or nil. Everything else is answered with 404.
//
// Any web page can make a browser send requests to loopback. They are refused by their Host header (a name
// that was made to resolve to loopback) and by their Origin.
func NewPushHandler(s hone.MeasurementService, verify func(ctx context.Context, n hone.Name, number int, token string) error,
	o Options,
) http.Handler {
	o = o.withDefaults()
	route := wire.RouteOf(wire.Measure)
	mux := http.NewServeMux()
	mux.Handle(route.Pattern(), known(route.Operation, authorize(verify, o.limit(route, serve(batchRequest, o.measure(s), ok[wire.MeasureReply])))))
	mux.HandleFunc("/", notFound)
	return o.guard(foreign{}.refuse(jsonErrors(mux)))
}

// authorize lets a request pass that carries the token of the trial that it names.
func authorize(verify func(context.Context, hone.Name, int, string) error, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, err := trialID(r)
		if err != nil {
			writeError(w, err)
			return
		}
		token, err := bearer(r)
		if err == nil && token == "" {
			err = hone.Errorf(hone.Unauthenticated, "a token is missing: send the trial's HONE_TOKEN as the header Authorization: Bearer …")
		}
		if err != nil {
			writeError(w, err)
			return
		}
		if err := verify(r.Context(), t.Name, t.number, token); err != nil {
			writeError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}
