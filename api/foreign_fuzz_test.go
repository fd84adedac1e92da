package api

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// ours is what a browser or a program on this machine may call a server on loopback, told by other means than the code.
var ours = regexp.MustCompile(`(?i)^(localhost\.?|127\.0\.0\.1\.?|\[localhost\.?\]|\[127\.0\.0\.1\.?\]|\[?::1\.?\]?|\[::1\]\.?)(:[^:\[\]]*)?$`)

// FuzzForeign holds what is let in against a pattern: no header makes a name of somebody else pass for loopback, and no
// page of another site for one of ours.
func FuzzForeign(f *testing.F) {
	for _, host := range []string{"localhost:7070", "[::1]:1", "127.0.0.1", "evil.example", "localhost:1:2", "[::1", "[[::1]]", "", ":", "a@localhost", "::1."} {
		f.Add(host, "http://"+host, "")
		f.Add(host, "null", "cross-site")
	}
	f.Add("localhost", "//localhost", "")
	f.Fuzz(func(t *testing.T, host, origin, site string) {
		r := &http.Request{Method: http.MethodGet, Host: host, Header: http.Header{}}
		if newForeign(nil, nil).checkHost(r) == nil {
			require.Regexp(t, ours, host)
		}
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		} else {
			r.Header.Set("Origin", origin)
		}
		if newForeign(nil, nil).checkOrigin(r) != nil {
			return
		}
		if site != "" {
			require.Contains(t, []string{"same-origin", "none"}, site)
			return
		}
		require.NotEmpty(t, host)
		require.Regexp(t, `(?i)^https?://`, origin)
	})
}
