package api_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/hone-tuner/hone/storage/memory"
	"github.com/stretchr/testify/require"
)

var everyMethod = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"}

// routeAt finds the route of a method at the path of another one.
func routeAt(path, method string) (wire.Route, bool) {
	for _, r := range wire.Routes() {
		if r.Path == path && (r.Method == method || r.Method == "GET" && method == "HEAD") {
			return r, true
		}
	}
	return wire.Route{}, false
}

// TestNobodyGetsPastTheGuard walks over every path, with every method and with every sort of credentials that does
// not suffice: the answer is 401 or 403, always the same, and nothing is asked of the service.
func TestNobodyGetsPastTheGuard(t *testing.T) {
	g := newGuarded(t)
	revoked, err := g.CreateToken(t.Context(), hone.TokenRequest{Name: "old", Role: hone.RoleAdmin})
	require.NoError(t, err)
	require.NoError(t, g.RevokeToken(t.Context(), revoked.ID))
	expired, err := g.CreateToken(t.Context(), hone.TokenRequest{Name: "gone", Role: hone.RoleAdmin, Expires: hone.Duration(time.Minute)})
	require.NoError(t, err)
	of := map[hone.Role]string{}
	for _, role := range hone.Roles() {
		of[role] = g.token(role)
	}
	g.now = g.now.Add(time.Minute)
	type credentials struct {
		name, token string
		suffices    func(wire.Route) bool
		status      int
	}
	never := func(wire.Route) bool { return false }
	for _, c := range []credentials{
		{"none", "", never, 401},
		{"wrong", access.Prefix + strings.Repeat("0", 64), never, 401},
		{"expired", expired.Secret, never, 401},
		{"revoked", revoked.Secret, never, 401},
		{"a trial's", trialSecret, func(r wire.Route) bool { return r.Operation == wire.Measure }, 401},
		{"a viewer's", of[hone.RoleViewer], func(r wire.Route) bool { return r.Needs == hone.RoleViewer }, 403},
		{"an editor's", of[hone.RoleEditor], func(r wire.Route) bool { return r.Needs == hone.RoleViewer || r.Needs == hone.RoleEditor }, 403},
		{"an admin's of another namespace", g.token(hone.RoleAdmin, "other"), func(r wire.Route) bool { return r.Scope() == wire.SomeNamespaces }, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range wire.Routes() {
				for _, method := range everyMethod {
					route, exists := routeAt(r.Path, method)
					if exists && (route.Scope() == wire.Public || c.suffices(route)) {
						continue
					}
					status := c.status
					if !exists && status == 403 { // who may look around is told what there is
						status = http.StatusMethodNotAllowed
					}
					g.now = g.now.Add(time.Minute) // many wrong tokens at once would be another answer
					w := g.send(method, target(t, r), good(route.Operation), c.token)
					require.Equal(t, status, w.Code, "%s %s: %s", method, r.Path, w.Body)
					said := w.Body.String()
					problem(t, w)
					if c.token != "" {
						require.NotContains(t, said, c.token)
					}
					if status == http.StatusMethodNotAllowed {
						continue
					}
					other := strings.NewReplacer("digits-0017", "secret-0018", "digits", "secret").Replace(target(t, r))
					again := g.send(method, other, "nonsense", c.token)
					require.Equal(t, status, again.Code)
					require.Equal(t, said, again.Body.String(), "%s %s: what is asked for makes no difference", method, r.Path)
				}
			}
		})
	}
	require.Empty(t, g.rec.Calls())
}

// TestWhoMayIsServed keeps the test above from passing because nobody is let in at all.
func TestWhoMayIsServed(t *testing.T) {
	g := newGuarded(t)
	for _, role := range hone.Roles() {
		everywhere, within := g.token(role), g.token(role, "default", "other")
		for _, r := range wire.Routes() {
			if r.Scope() == wire.Public {
				require.Equal(t, http.StatusOK, g.send(r.Method, r.Path, "", "").Code)
			}
			if !role.Includes(r.Needs) {
				continue
			}
			w := g.send(r.Method, target(t, r)+quiet(r), good(r.Operation), everywhere)
			require.Less(t, w.Code, 300, "%s by %s: %s", r.Operation, role, w.Body)
			w = g.send(r.Method, target(t, r)+quiet(r), good(r.Operation), within)
			if r.Scope() == wire.AllNamespaces {
				require.Equal(t, http.StatusForbidden, w.Code)
				continue
			}
			require.Less(t, w.Code, 300, "%s by %s in its namespace: %s", r.Operation, role, w.Body)
		}
	}
}

func TestPathsThatAreNoneAreNotShownToStrangers(t *testing.T) {
	g := newGuarded(t)
	viewer := g.token(hone.RoleViewer, "other")
	for _, path := range []string{"/", "/api", "/api/v1/secrets", "//api/v1/experiments", "/api/v1/experiments/", "/healthz/", "/healthz/../api/v1/tokens", "/a/%2e%2e/healthz"} {
		for _, token := range []string{"", trialSecret, "wrong"} {
			require.Equal(t, http.StatusUnauthorized, g.send("GET", path, "", token).Code, path)
		}
		require.Equal(t, http.StatusNotFound, g.send("GET", path, "", viewer).Code, path)
	}
	require.Empty(t, g.rec.Calls())
}

func TestCredentialsThatCannotBeRead(t *testing.T) {
	g := newGuarded(t)
	token := g.token(hone.RoleViewer)
	for _, headers := range [][]string{{"Basic " + token}, {token}, {"Bearer"}, {"Bearer "}, {""}, {"Bearer " + token, "Bearer " + token}, {"Bearer " + token, ""}} {
		r := httptest.NewRequest("GET", digits, nil)
		r.Host = "localhost"
		r.Header["Authorization"] = headers
		w := serve(g, r)
		require.Equal(t, http.StatusUnauthorized, w.Code, "%q", headers)
		require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	require.Empty(t, g.rec.Calls())
	require.Equal(t, http.StatusOK, do(g, "GET", digits, "", "Authorization", "bearer   "+token).Code)
	require.Equal(t, http.StatusUnauthorized, do(g, "GET", digits+"?access_token="+token, "").Code, "an address ends up in logs")
}

func TestATrialReportsForItselfAndDoesNothingElse(t *testing.T) {
	g := newGuarded(t)
	for _, r := range wire.Routes() {
		for _, method := range everyMethod {
			for _, path := range []string{target(t, r), strings.ReplaceAll(target(t, r), "digits-0017", "digits-0018"),
				strings.ReplaceAll(target(t, r), "namespaces/default", "namespaces/other")} {
				g.now = g.now.Add(time.Minute)
				w := g.send(method, path, good(wire.Measure), trialSecret)
				switch {
				case r.Scope() == wire.Public && (method == "GET" || method == "HEAD"):
				case method == "POST" && path == pushPath:
					require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
				default:
					require.Equal(t, http.StatusUnauthorized, w.Code, "%s %s", method, path)
				}
			}
		}
	}
	for _, call := range g.rec.Calls() {
		require.Equal(t, "Measure", call.Method)
	}
	require.NotEmpty(t, g.rec.Calls())
	require.Equal(t, http.StatusUnauthorized, g.send("POST", digits+"/trials/other-0017/measurements", pushBody, trialSecret).Code)
	require.Equal(t, http.StatusForbidden, g.send("POST", pushPath, pushBody, g.token(hone.RoleViewer)).Code)
	require.Equal(t, http.StatusOK, g.send("POST", pushPath, pushBody, g.token(hone.RoleEditor, "default")).Code)
}

// away is an authorizer that has to ask somebody who does not answer.
type away struct{ asked int }

func (a *away) Authorize(context.Context, string, hone.Access) (hone.Caller, error) {
	a.asked++
	return hone.Caller{}, hone.Errorf(hone.Unavailable, "the cluster is away")
}

func TestReadingsOfTrialsDoNotWaitForAnAuthorizer(t *testing.T) {
	nobody := &away{}
	g := newGuarded(t, func(g *api.Guard) { g.Authorizer = nobody })
	require.Equal(t, http.StatusOK, g.send("POST", pushPath, pushBody, trialSecret).Code)
	require.Zero(t, nobody.asked)
	require.Equal(t, http.StatusServiceUnavailable, g.send("POST", pushPath, pushBody, "another").Code)
	require.Equal(t, http.StatusServiceUnavailable, g.send("GET", digits, "", trialSecret).Code)
	require.Equal(t, 2, nobody.asked)
}

func TestTheZeroGuardLetsNobodyIn(t *testing.T) {
	rec := &wiretest.Recorder{}
	h := api.NewGuardedHandler(rec, api.Guard{}, everything(rec))
	for _, r := range wire.Routes() {
		if r.Scope() != wire.Public {
			w := do(h, r.Method, target(t, r), good(r.Operation), "Authorization", "Bearer "+trialSecret)
			require.Equal(t, http.StatusUnauthorized, w.Code)
		}
	}
	require.Empty(t, rec.Calls())
}

func TestListsShowOnlyWhatTheCallerMaySee(t *testing.T) {
	g := newGuarded(t)
	for target, want := range map[string]hone.ExperimentFilter{
		"/api/v1/experiments":                  {Namespaces: []string{"nlp", "vision"}},
		"/api/v1/experiments?namespace=":       {Namespaces: []string{"nlp", "vision"}},
		"/api/v1/experiments?namespace=vision": {Namespaces: []string{"nlp", "vision"}, Namespace: "vision"},
	} {
		before := len(g.rec.Calls())
		w := g.send("GET", target, "", g.token(hone.RoleViewer, "nlp", "vision"))
		require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
		require.Equal(t, []wiretest.Call{{Method: "ListExperiments", Args: []any{want}}}, g.rec.Calls()[before:])
	}
	before := len(g.rec.Calls())
	w := g.send("GET", "/api/v1/experiments?namespace=default", "", g.token(hone.RoleViewer, "nlp", "vision"))
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Contains(t, problem(t, w).Message, "the namespaces nlp, vision")
	w = g.send("GET", "/api/v1/experiments?namespace=vision&namespace=default", "", g.token(hone.RoleViewer, "nlp", "vision"))
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Len(t, g.rec.Calls(), before)

	require.Equal(t, http.StatusOK, g.send("GET", "/api/v1/experiments", "", g.token(hone.RoleViewer)).Code)
	require.Equal(t, []any{hone.ExperimentFilter{}}, g.rec.Calls()[before].Args)
}

// admitting is a service that asks, as the controller does, whether the caller may touch an experiment.
func admitting(g *guarded, e hone.Experiment) {
	g.rec.Reply = func(ctx context.Context, _ wiretest.Call) (any, error) { return nil, hone.Admit(ctx, e) }
}

func TestExperimentsAreCreatedWhereTheCallerMay(t *testing.T) {
	g := newGuarded(t)
	vision := g.token(hone.RoleEditor, "vision")
	for namespace, status := range map[string]int{"vision": 201, "nlp": 403, "": 403, "default": 403} {
		admitting(g, hone.Experiment{Name: "digits", Namespace: namespace, Spec: hone.Spec{Trial: &hone.TrialTemplate{}}})
		w := g.send("POST", "/api/v1/experiments", "kind: Experiment", vision)
		require.Equal(t, status, w.Code, "%q: %s", namespace, w.Body)
		require.Equal(t, 201, g.send("POST", "/api/v1/experiments", "kind: Experiment", g.token(hone.RoleEditor)).Code)
	}
}

func TestGuestsReadAndUseExternalExperiments(t *testing.T) {
	g := newGuarded(t)
	onLoopback := newGuarded(t)
	g.Handler = api.NewGuardedHandler(g.rec, api.Guard{Authorizer: onLoopback.Loopback(), VerifyTrial: verifyTrial}, everything(g.rec))
	local := hone.Experiment{Name: "digits", Namespace: "default", Spec: hone.Spec{Trial: &hone.TrialTemplate{}}}
	external := hone.Experiment{Name: "digits", Namespace: "default"}
	for _, r := range wire.Routes() {
		path := target(t, r) + quiet(r)
		for _, e := range []hone.Experiment{local, external} {
			admitting(g, e)
			if r.Needs == hone.RoleViewer || r.Needs == "" {
				g.rec.Reply = nil // nobody asks before reading
			}
			w := serve(g, arrive(r.Method, path, good(r.Operation), "127.0.0.1"))
			switch {
			case r.Needs == hone.RoleAdmin:
				require.Equal(t, http.StatusForbidden, w.Code, "%s", r.Operation)
			case r.Needs == hone.RoleEditor && !e.Spec.External():
				require.Equal(t, http.StatusForbidden, w.Code, "%s", r.Operation)
				require.Contains(t, problem(t, w).Message, "starts programs on the server's machine, which needs a token")
			default:
				require.Less(t, w.Code, 300, "%s of an external experiment: %s", r.Operation, w.Body)
			}
		}
		if r.Scope() == wire.Public {
			continue
		}
		before := len(g.rec.Calls())
		refused := []int{http.StatusUnauthorized, http.StatusForbidden}
		require.Contains(t, refused, serve(g, arrive(r.Method, path, good(r.Operation), "10.0.0.1")).Code, "from elsewhere: %s", path)
		require.Contains(t, refused, do(g, r.Method, path, good(r.Operation)).Code, "from who knows where: %s", path)
		for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP", "CF-Connecting-IP"} {
			q := arrive(r.Method, path, good(r.Operation), "127.0.0.1")
			q.Header.Set(header, "")
			w := serve(g, q)
			require.Contains(t, refused, w.Code, "through a proxy: %s", path)
		}
		require.Len(t, g.rec.Calls(), before)
	}
}

func TestNothingAnswersBeforeTheGuard(t *testing.T) {
	server := start(t, newGuarded(t).Handler)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	require.Equal(t, http.StatusUnauthorized, answer.StatusCode)
}

func TestGuestsCannotMakeTheServerConnectElsewhere(t *testing.T) {
	g := newGuarded(t)
	onLoopback := newGuarded(t)
	g.Handler = api.NewGuardedHandler(g.rec, api.Guard{Authorizer: onLoopback.Loopback(), VerifyTrial: verifyTrial}, everything(g.rec))
	e := hone.Experiment{Name: "digits", Namespace: "default"}
	e.Spec.Algorithm.Name = hone.RemoteAlgorithm
	admitting(g, e)
	r := wire.RouteOf(wire.CreateExperiment)
	w := serve(g, arrive(r.Method, target(t, r), good(r.Operation), "127.0.0.1"))
	require.Equal(t, http.StatusForbidden, w.Code)
	require.Contains(t, problem(t, w).Message, "makes the server connect to a suggestion service")
}

func TestOnceThereIsATokenLoopbackNeedsItToo(t *testing.T) {
	var keeper *access.Keeper
	keeper, err := access.New(t.Context(), access.Options{Store: memory.New()})
	require.NoError(t, err)
	rec := &wiretest.Recorder{}
	h := api.NewGuardedHandler(rec, api.Guard{Authorizer: keeper.Loopback()}, api.Options{})
	require.Equal(t, http.StatusOK, serve(h, arrive("GET", digits, "", "127.0.0.1")).Code)
	issued, err := keeper.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnauthorized, serve(h, arrive("GET", digits, "", "127.0.0.1")).Code)
	r := arrive("GET", digits, "", "127.0.0.1")
	r.Header.Set("Authorization", "Bearer "+issued.Secret)
	require.Equal(t, http.StatusOK, serve(h, r).Code)
}

func TestTheServiceIsToldWhoAsks(t *testing.T) {
	g := newGuarded(t)
	var callers []string
	g.rec.Reply = func(ctx context.Context, _ wiretest.Call) (any, error) {
		c, known := hone.CallerOf(ctx)
		require.True(t, known)
		callers = append(callers, c.Name)
		return nil, nil
	}
	g.send("GET", digits, "", g.token(hone.RoleViewer))
	g.send("POST", pushPath, pushBody, trialSecret)
	require.Equal(t, []string{"viewer's", "trial digits-0017"}, callers)
}

// TestAStreamEndsWhenItsTokenDoes: it may have been opened hours before.
func TestAStreamEndsWhenItsTokenDoes(t *testing.T) {
	for _, route := range []wire.Operation{wire.Events, wire.Logs} {
		synctest.Test(t, func(t *testing.T) {
			keeper, err := access.New(t.Context(), access.Options{Store: memory.New()})
			require.NoError(t, err)
			issued, err := keeper.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
			require.NoError(t, err)
			rec := &wiretest.Recorder{Reply: func(ctx context.Context, c wiretest.Call) (any, error) {
				if c.Method == "Logs" {
					return endless(ctx), nil
				}
				if wait, _ := c.Args[2].(bool); wait {
					<-ctx.Done()
				}
				return nil, ctx.Err()
			}}
			h := api.NewGuardedHandler(rec, api.Guard{Authorizer: keeper}, api.Options{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }() // a log that breaks off breaks the connection
				path := target(t, wire.RouteOf(route))
				if route == wire.Logs {
					path += "?follow=true"
				}
				do(h, "GET", path, "", "Authorization", "Bearer "+issued.Secret)
			}()
			time.Sleep(time.Hour)
			synctest.Wait()
			select {
			case <-done:
				t.Fatal("it has ended too soon")
			default:
			}
			require.NoError(t, keeper.RevokeToken(t.Context(), issued.ID))
			time.Sleep(15 * time.Second)
			synctest.Wait()
			select {
			case <-done:
			default:
				t.Fatal("it goes on with a token that was revoked")
			}
		})
	}
}

// endless is a log that nothing is written to.
func endless(ctx context.Context) *quietLog {
	ctx, cancel := context.WithCancel(ctx)
	return &quietLog{ctx: ctx, cancel: cancel}
}

type quietLog struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func (q *quietLog) Read([]byte) (int, error) {
	<-q.ctx.Done()
	return 0, q.ctx.Err()
}

func (q *quietLog) Close() error { q.cancel(); return nil }
