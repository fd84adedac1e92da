package main

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/datadir"
)

// whereFlags are the global flags that say where a command looks. At most one of the first three is given.
type whereFlags struct {
	server   string
	context  string
	dataDir  string
	caFile   string
	insecure bool
	changed  func(flag string) bool
}

// place is where a command looks: a service on the network, or a data directory.
type place struct {
	server   string // empty for the data directory
	token    string
	caFile   string
	insecure bool
	context  string // the context that said so, if one did
	dataDir  string
	// passed is the current context that was not used, because there is a data directory here.
	passed string
}

var errNoContext = hone.Errorf(hone.NotFound, "there is no current context: `hone context use NAME` chooses one, `hone login URL` makes one")

// locate decides where a command looks: what its flags say, then the environment, then the folder that it is
// called in, then the current context. Those that work here (local) know no contexts.
func (a *app) locate(local bool) (place, error) {
	f := a.where
	given := func(flag string) bool { return f.changed != nil && f.changed(flag) }
	var named []string
	for _, flag := range []string{"server", "context", "data-dir"} {
		if given(flag) {
			named = append(named, "--"+flag)
		}
	}
	if len(named) > 1 {
		return place{}, usagef("%s name two places: give one of them", strings.Join(named, " and "))
	}
	switch {
	case given("server"):
		return a.serverPlace(f.server)
	case given("context"):
		return a.contextPlace(f.context)
	case given("data-dir"):
		return place{dataDir: f.dataDir}, nil
	case a.getenv(serverVariable) != "":
		return a.serverPlace(a.getenv(serverVariable))
	case local && a.getenv(dataVariable) == "":
		return place{dataDir: defaultDataDir}, nil
	case a.getenv(contextVariable) != "" && !local:
		return a.contextPlace(a.getenv(contextVariable))
	case a.getenv(dataVariable) != "":
		return place{dataDir: a.getenv(dataVariable)}, nil
	}
	return a.placeHere()
}

// placeHere is where a command looks that was told nothing: the data directory of this folder, as everything that
// was begun here is there; else the current context.
func (a *app) placeHere() (place, error) {
	f, err := a.loadContexts()
	if err != nil && !errors.Is(err, hone.NotFound) {
		return place{}, err
	}
	if a.hasLocalData() {
		return place{dataDir: defaultDataDir, passed: f.Current}, nil
	}
	if f.Current == "" {
		return place{dataDir: defaultDataDir}, nil
	}
	return a.contextPlace(f.Current)
}

func (a *app) hasLocalData() bool {
	_, err := os.Stat(filepath.Join(defaultDataDir, datadir.StoreName))
	return !errors.Is(err, fs.ErrNotExist)
}

// serverPlace is a service by its address. Who has logged in to it need not give the token again.
func (a *app) serverPlace(server string) (place, error) {
	p := place{server: server}
	if err := checkServer(server); err != nil {
		return p, err
	}
	if f, err := a.loadContexts(); err == nil {
		if c, ok := f.ofServer(server); ok {
			p.token, p.caFile, p.insecure = c.Token, c.CAFile, c.Insecure
		}
	}
	return a.withGivenAccess(p), nil
}

func (a *app) contextPlace(name string) (place, error) {
	f, err := a.loadContexts()
	if err != nil {
		return place{}, err
	}
	c, err := f.get(name)
	if err != nil {
		return place{}, err
	}
	p := place{server: c.Server, token: c.Token, caFile: c.CAFile, insecure: c.Insecure, context: name}
	return a.withGivenAccess(p), checkServer(c.Server)
}

// withGivenAccess puts what was said of the token and the certificates over what was kept.
func (a *app) withGivenAccess(p place) place {
	if token := a.getenv(tokenVariable); token != "" {
		p.token = token
	}
	if ca := a.getenv(caVariable); ca != "" {
		p.caFile = ca
	}
	if a.where.caFile != "" {
		p.caFile = a.where.caFile
	}
	p.insecure = p.insecure || a.where.insecure
	return p
}

// checkServer refuses what is no address of a service.
func checkServer(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return usagef("%q is not the address of a service; write it like https://hone.example.org or http://%s", server, defaultListen)
	}
	if u.User != nil {
		return usagef("the address of a service holds no user and no password: a token is given by `hone login` or in %s", tokenVariable)
	}
	return nil
}

// sameServer compares addresses of services.
func sameServer(a, b string) bool { return tidyServer(a) == tidyServer(b) }

// tidyServer writes the address of a service in one way.
func tidyServer(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	if u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	return u.String()
}

// loopbackServer reports whether an address is one of this machine, from which nobody else can read along.
func loopbackServer(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	host := u.Hostname()
	return strings.EqualFold(host, "localhost") || isLoopbackIP(host)
}
