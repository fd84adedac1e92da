package api_test

import (
	"net/http"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestTheServerAnswersToItsNamesOnly(t *testing.T) {
	g := newGuarded(t, func(guard *api.Guard) { guard.Hosts = []string{"Hone.Example:8443", "gpu-box"} })
	token := g.token(hone.RoleViewer)
	const onLoopback, beyond = "127.0.0.1", "10.1.2.3"
	for host, c := range map[string]struct{ loopback, elsewhere bool }{
		"127.0.0.1:7070":           {true, true},
		"localhost":                {true, true},
		"LOCALHOST.:7070":          {true, true},
		"[::1]:7070":               {true, true},
		"[::1]":                    {true, true},
		"hone.example":             {true, true},
		"hone.example.:443":        {true, true},
		"GPU-Box:7070":             {true, true},
		"10.1.2.3:7070":            {false, true},
		"192.168.0.1":              {false, true}, // the address may be translated on the way
		"[2001:db8::1]:7070":       {false, true},
		"2001:db8::1":              {false, true},
		"":                         {},
		"evil.example":             {},
		"evil.example:7070":        {},
		"evil.hone.example":        {},
		"hone.example.evil":        {},
		"hone.example@evil":        {},
		"127.0.0.1.evil.example":   {},
		"localhost.evil.example":   {},
		"localhost:1:2":            {},
		"*":                        {},
		"[::1":                     {},
		"0x7f000001":               {},
		"2130706433":               {},
		"127.1":                    {},
		"localhost, evil.example":  {},
		"10.1.2.3.evil.example:80": {},
	} {
		for _, from := range []struct {
			address string
			served  bool
		}{{onLoopback, c.loopback}, {beyond, c.elsewhere}} {
			r := arrive("GET", digits, "", from.address)
			r.Host = host
			r.Header.Set("Authorization", "Bearer "+token)
			before := len(g.rec.Calls())
			w := serve(g, r)
			if from.served {
				require.Equal(t, http.StatusOK, w.Code, "%q at %s: %s", host, from.address, w.Body)
				continue
			}
			require.Equal(t, http.StatusForbidden, w.Code, "%q at %s", host, from.address)
			require.Contains(t, problem(t, w).Message, "--allowed-hosts")
			require.Len(t, g.rec.Calls(), before)
		}
	}
	open := newGuarded(t, func(guard *api.Guard) { guard.Hosts = []string{"*"} })
	r := arrive("GET", digits, "", beyond)
	r.Host = "any.example"
	r.Header.Set("Authorization", "Bearer "+open.token(hone.RoleViewer))
	require.Equal(t, http.StatusOK, serve(open, r).Code)
}

// TestPagesOfOtherSitesReachNothing walks over every route with every method: a browser that a page made send the
// request is refused, whatever token it has, reading too.
func TestPagesOfOtherSitesReachNothing(t *testing.T) {
	g := newGuarded(t, func(guard *api.Guard) { guard.Origins = []string{"https://Dashboard.example/"} })
	token := g.token(hone.RoleAdmin)
	foreignPages := [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "nonsense"},
		{"Sec-Fetch-Site", ""},
		{"Sec-Fetch-Site", "cross-site", "Origin", "http://localhost:7070"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", ""},
		{"Origin", "http://localhost:8080"},
		{"Origin", "http://localhost:7070.evil.example"},
		{"Origin", "localhost:7070"},
		{"Origin", "https://dashboard.example.evil.example"},
	}
	for _, r := range wire.Routes() {
		for _, method := range everyMethod {
			for _, headers := range foreignPages {
				q := arrive(method, target(t, r), good(r.Operation), "127.0.0.1")
				q.Header.Set("Authorization", "Bearer "+token)
				for i := 0; i < len(headers); i += 2 {
					q.Header.Set(headers[i], headers[i+1])
				}
				w := serve(g, q)
				require.Equal(t, http.StatusForbidden, w.Code, "%s %s with %v", method, r.Path, headers)
				require.Equal(t, hone.PermissionDenied, problem(t, w).Code)
			}
		}
	}
	require.Empty(t, g.rec.Calls())
	for _, headers := range [][]string{
		{},
		{"Sec-Fetch-Site", "same-origin"},
		{"Sec-Fetch-Site", "none"},
		{"Sec-Fetch-Site", "same-origin", "Origin", "https://before-the-proxy.example"},
		{"Origin", "http://localhost:7070"},
		{"Origin", "https://LOCALHOST:7070"},
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://dashboard.example"},
	} {
		for _, method := range []string{"GET", "POST"} {
			w := serve(g, withHeaders(arrive(method, pushPath, pushBodyOf(method), "127.0.0.1"), append(headers, "Authorization", "Bearer "+token)...))
			require.Equal(t, http.StatusOK, w.Code, "%v: %s", headers, w.Body)
		}
	}
	twice := arrive("GET", digits, "", "127.0.0.1")
	twice.Header["Origin"] = []string{"http://localhost:7070", "https://evil.example"}
	require.Equal(t, http.StatusForbidden, serve(g, twice).Code)
	twice = arrive("GET", digits, "", "127.0.0.1")
	twice.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
	require.Equal(t, http.StatusForbidden, serve(g, twice).Code)
}

func withHeaders(r *http.Request, headers ...string) *http.Request {
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func pushBodyOf(method string) string {
	if method == "POST" {
		return pushBody
	}
	return ""
}
