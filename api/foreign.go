package api

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// anyHost in a list of hosts allows every one.
const anyHost = "*"

// foreign refuses requests that were not meant for this server, by every method. Any web page can make a browser send
// requests to whatever the browser reaches: they are recognised by a name in the Host header that is not this
// server's (one that was made to resolve to it), and by where the page came from.
type foreign struct {
	hosts   []string // names that this server has, beside those of loopback; in lower case, without a port
	origins []string // of web pages that may call from elsewhere
	// remote allows IP addresses in the Host header of connections that did not come over loopback.
	remote bool
}

func newForeign(hosts, origins []string) foreign {
	f := foreign{remote: true}
	for _, host := range hosts {
		f.hosts = append(f.hosts, hostName(host))
	}
	for _, origin := range origins {
		f.origins = append(f.origins, strings.TrimSuffix(strings.ToLower(origin), "/"))
	}
	return f
}

// refuse lets pass what was meant for this server.
func (f foreign) refuse(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f.checkHost(r)
		if err == nil {
			err = f.checkOrigin(r)
		}
		if err != nil {
			writeError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (f foreign) checkHost(r *http.Request) error {
	host := hostName(r.Host)
	switch {
	case host == "127.0.0.1" || host == "::1" || host == "localhost":
		return nil
	case host != "" && (slices.Contains(f.hosts, host) || slices.Contains(f.hosts, anyHost)):
		return nil
	case !f.remote:
		return hone.Errorf(hone.PermissionDenied, "the host %q is not this machine's loopback: use HONE_URL as it is", r.Host)
	case net.ParseIP(host) != nil && arrival(r.Context()) == elsewhere:
		return nil // no name was made to resolve to it
	}
	return hone.Errorf(hone.PermissionDenied, "this server does not go by the name %q: allow it with --allowed-hosts, or use the server's address", r.Host)
}

// hostName is the name in a Host header: in lower case, without port, brackets and the dot at its end.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// checkOrigin looks at where a web page came from that made a browser send the request. What is no browser says
// nothing of it.
func (f foreign) checkOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		if !slices.Contains(f.origins, strings.ToLower(origin)) {
			continue
		}
		return nil
	}
	refused := hone.Errorf(hone.PermissionDenied, "requests of web pages are refused: this one comes from %s", whence(r))
	switch site := r.Header.Values("Sec-Fetch-Site"); {
	case len(site) > 1 || len(origins) > 1:
		return refused
	case len(site) == 1 && (site[0] == "same-origin" || site[0] == "none"): // none: somebody typed the address
		return nil
	case len(site) == 1:
		return refused
	case len(origins) == 0:
		return nil
	}
	if page, err := url.Parse(origins[0]); err != nil || page.Scheme != "http" && page.Scheme != "https" || page.Host == "" || !strings.EqualFold(page.Host, r.Host) {
		return refused
	}
	return nil
}

func whence(r *http.Request) string {
	const longest = 200
	if origin := r.Header.Get("Origin"); origin != "" && origin != "null" {
		return strconv.Quote(origin[:min(longest, len(origin))])
	}
	return "another site"
}

// place is where a connection came in.
type place int

const (
	unknown place = iota // not over TCP, or nobody knows
	loopback
	elsewhere
)

// arrival tells where the connection of a request came in.
func arrival(ctx context.Context) place {
	address, ok := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr)
	switch {
	case !ok:
		return unknown
	case address.IP.IsLoopback():
		return loopback
	}
	return elsewhere
}
