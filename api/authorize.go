package api

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Guard says who may use a handler that others than the owner of the socket can reach. The zero Guard lets nobody in.
type Guard struct {
	// Authorizer lets callers in. Without one, nobody is let in.
	Authorizer hone.Authorizer
	// VerifyTrial says why a token is not that of a trial, or nil. With it, trials may report their own measurements, and
	// do nothing else; without it, trials have no tokens.
	VerifyTrial func(ctx context.Context, n hone.Name, number int, token string) error
	// Hosts are the names by which clients may call the server, beside those of loopback and, for connections from
	// elsewhere, its IP addresses. "*" allows every one.
	Hosts []string
	// Origins are those of web pages that may call the server, such as https://hone.example, beside its own.
	Origins []string
	// Rate is how many requests a second each caller may make; 0 for no limit.
	Rate float64
}

// guarded is a handler that asks callers who they are.
type guarded struct {
	*handler
	Guard
	callers  *rates
	failures *rates            // by address
	accepted *recent[struct{}] // digests of tokens that were good
}

// NewGuardedHandler serves every route to those whom the guard lets in, for a port that others can reach. Who may do what is
// looked at before anything else is: an answer of 401 or 403 does not tell whether the thing exists. A route that
// has no rule is nobody's.
func NewGuardedHandler(s hone.Service, g Guard, o Options) http.Handler {
	shared := newHandler(s, o)
	o = shared.options
	h := &guarded{handler: shared, Guard: g,
		callers:  newRates(g.Rate, max(1, int(g.Rate)), o.Clock),
		failures: newRates(failureRate, failureBurst, o.Clock),
		accepted: newRecent[struct{}](rememberedCallers),
	}
	mux := h.mux(h.admit)
	return o.guard(newForeign(g.Hosts, g.Origins).refuse(h.admitStray(mux, jsonErrors(mux))))
}

// admit lets a request pass that its caller may make.
func (h *guarded) admit(route wire.Route, next http.Handler) http.Handler {
	if route.Scope() == wire.Public {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, leave, err := h.enter(r, route)
		if err != nil {
			refuse(w, err)
			return
		}
		defer leave()
		if caller, known := hone.CallerOf(ctx); known {
			noteCaller(w, caller.Name)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// admitStray lets those see that there is nothing at a path who may look at what there is.
func (h *guarded) admitStray(mux *http.ServeMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, pattern := mux.Handler(r)
		if escaped := r.URL.EscapedPath(); pattern == "" || path.Clean(escaped) != escaped {
			token, err := bearer(r)
			if err == nil {
				_, _, err = h.identify(r, token, hone.Access{Role: hone.RoleViewer}, false)
			}
			if err != nil {
				refuse(w, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// refuse answers that the caller may not.
func refuse(w http.ResponseWriter, err error) {
	var often *rateError
	if errors.As(err, &often) {
		often.retryAfter(w.Header())
	}
	w.Header().Set("Cache-Control", "no-store")
	writeError(w, err)
}

// enter finds out who sends a request to a route. It returns the context in which it may be answered, and what to call
// when that is done.
func (h *guarded) enter(r *http.Request, route wire.Route) (context.Context, func(), error) {
	nothing := func() {}
	access, err := accessOf(r, route)
	if err != nil {
		return nil, nothing, err
	}
	token, err := bearer(r)
	if err != nil {
		return nil, nothing, err
	}
	caller, isTrial, err := h.identify(r, token, access, route.Operation == wire.Measure)
	if err != nil {
		return nil, nothing, err
	}
	ctx := hone.WithCaller(r.Context(), caller)
	if isTrial { // its token is good for this request and no other
		return ctx, nothing, nil
	}
	ctx = hone.WithAdmission(ctx, h.admission(r.Context(), token, caller, access))
	if route.Operation == wire.Events || route.Operation == wire.Logs {
		ctx, leave := h.whileAllowed(ctx, token, access)
		return ctx, leave, nil
	}
	return ctx, nothing, nil
}

// accessOf is what a request needs of its caller.
func accessOf(r *http.Request, route wire.Route) (hone.Access, error) {
	a := hone.Access{Role: route.Needs}
	switch route.Scope() {
	case wire.OneNamespace:
		a.Namespace = r.PathValue("ns")
	case wire.SomeNamespaces:
		if slices.Contains(route.Query, "namespace") {
			a.Namespace = r.URL.Query().Get("namespace")
		}
	case wire.AllNamespaces:
		a.Everywhere = true
	default:
		a.Role = ""
	}
	if a.Role == "" {
		return a, hone.Errorf(hone.PermissionDenied, "nobody may do this over the network: no rule says who might")
	}
	return a, nil
}

// identify finds out who a caller is, and counts. An address that sent many wrong tokens has to wait, unless it sends
// one that was good before.
func (h *guarded) identify(r *http.Request, token string, a hone.Access, trials bool) (caller hone.Caller, isTrial bool, err error) {
	digest, address := digestOf(token), addressOf(r)
	if _, good := h.accepted.get(digest); !good && token != "" {
		if err := h.failures.spent(address, "too many wrong tokens came from this address"); err != nil {
			return caller, false, err
		}
	}
	if trials && token != "" { // asked first: a trial's readings must not wait for an authorizer that has to ask somebody else
		caller, isTrial = h.trialOf(r, token)
	}
	if !isTrial {
		caller, err = h.authorize(r, token, a)
	}
	switch {
	case errors.Is(err, hone.Unauthenticated):
		h.accepted.drop(digest)
		if token != "" {
			_ = h.failures.take(address) // noted: spent looks at it
		}
		return hone.Caller{}, false, err
	case err != nil:
		return hone.Caller{}, false, err
	case caller.Guest:
		return caller, false, h.callers.take(caller.ID + " " + address)
	}
	h.accepted.put(digest, func() struct{} { return struct{}{} })
	return caller, isTrial, h.callers.take(caller.ID)
}

func (h *guarded) authorize(r *http.Request, token string, a hone.Access) (hone.Caller, error) {
	if h.Authorizer == nil {
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "this server lets nobody in")
	}
	caller, err := h.Authorizer.Authorize(r.Context(), token, a)
	if err == nil && caller.Guest {
		err = checkGuest(r)
	}
	return caller, err
}

// trialOf finds the trial that a request is about, if the token is that trial's own.
func (h *guarded) trialOf(r *http.Request, token string) (hone.Caller, bool) {
	t, err := trialID(r)
	if err != nil || h.VerifyTrial == nil || h.VerifyTrial(r.Context(), t.Name, t.number, token) != nil {
		return hone.Caller{}, false
	}
	name := hone.TrialName(t.Name.Name, t.number)
	return hone.Caller{ID: "trial " + t.Namespace + "/" + name, Name: "trial " + name, Namespaces: []string{t.Namespace}}, true
}

// ofProxies are headers that proxies add, beside those that begin with X-Forwarded.
var ofProxies = []string{"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip",
	"X-Envoy-External-Address", "X-Original-Forwarded-For"}

// checkGuest says why somebody who did not say who they are cannot be a user of this machine.
func checkGuest(r *http.Request) error {
	if arrival(r.Context()) != loopback {
		return hone.Errorf(hone.Unauthenticated, "a token is missing: only this machine's own users are served without one")
	}
	for header := range r.Header {
		if slices.Contains(ofProxies, header) || strings.HasPrefix(header, "X-Forwarded") {
			return hone.Errorf(hone.Unauthenticated, "this request came through a proxy (%s), and without a token only this machine's own users are served: "+
				"give the service a token with --token-file", header)
		}
	}
	return nil
}

// admission says whether a caller may create or change an experiment, once it is known which one.
func (h *guarded) admission(ctx context.Context, token string, caller hone.Caller, a hone.Access) func(hone.Experiment) error {
	return func(e hone.Experiment) error {
		if caller.Guest && !e.Spec.External() {
			return hone.Errorf(hone.PermissionDenied, "experiment %q starts programs on the server's machine, which needs a token: send one as the header "+
				"Authorization: Bearer … (a service gets its first one with --token-file), or use the socket in its data directory. "+
				"Without a token, experiments can be read, and those without spec.trial be used", e.Name)
		}
		if caller.Guest && e.Spec.Algorithm.Name == hone.RemoteAlgorithm {
			return hone.Errorf(hone.PermissionDenied, "experiment %q makes the server connect to a suggestion service, which needs a token: "+
				"give the service one with --token-file, or use the socket in its data directory", e.Name)
		}
		namespace := cmp.Or(e.Namespace, hone.DefaultNamespace)
		if namespace == a.Namespace {
			return nil
		}
		_, err := h.Authorizer.Authorize(ctx, token, hone.Access{Role: a.Role, Namespace: namespace})
		return err
	}
}

// whileAllowed returns a context that ends when the caller is no longer let in: a stream goes on for hours, and
// its token may be revoked or expire.
func (h *guarded) whileAllowed(ctx context.Context, token string, a hone.Access) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(h.options.Heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			_, err := h.Authorizer.Authorize(ctx, token, a)
			if errors.Is(err, hone.Unauthenticated) || errors.Is(err, hone.PermissionDenied) {
				cancel()
				return
			}
		}
	}()
	return ctx, cancel
}

// bearer reads the token of a request; "" if there is none.
func bearer(r *http.Request) (string, error) {
	switch values := r.Header.Values("Authorization"); len(values) {
	case 0:
		return "", nil
	case 1:
		scheme, token, _ := strings.Cut(values[0], " ")
		if token = strings.TrimSpace(token); strings.EqualFold(scheme, "Bearer") && token != "" {
			return token, nil
		}
	}
	return "", hone.Errorf(hone.Unauthenticated, "the header Authorization must be given once, as Bearer and a token")
}

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return string(sum[:])
}
