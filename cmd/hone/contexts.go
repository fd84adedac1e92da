package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"go.yaml.in/yaml/v4"

	"github.com/hone-tuner/hone"
)

// Names that have to do with where a command looks, in the environment.
const (
	dataVariable     = "HONE_DATA"
	serverVariable   = "HONE_SERVER"
	tokenVariable    = "HONE_TOKEN"
	contextVariable  = "HONE_CONTEXT"
	caVariable       = "HONE_CA_FILE"
	contextsFileName = "contexts.yaml"
)

// savedContext is a service that somebody has logged in to.
type savedContext struct {
	Server string `yaml:"server"`
	Token  string `yaml:"token,omitempty"`
	CAFile string `yaml:"caFile,omitempty"`
	// Insecure leaves the server's certificate unchecked.
	Insecure bool `yaml:"insecureSkipVerify,omitempty"`
}

// contextFile is what is kept of services: their addresses, tokens, and which one is meant unless something else
// is said.
type contextFile struct {
	Current  string                  `yaml:"current,omitempty"`
	Contexts map[string]savedContext `yaml:"contexts,omitempty"`

	path string
}

// contextsPath is where contexts are kept: in XDG_CONFIG_HOME, or ~/.config.
func (a *app) contextsPath() (string, error) {
	dir := a.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // as the XDG base directory specification says
		home := a.getenv("HOME")
		if home == "" {
			return "", hone.Errorf(hone.NotFound, "contexts have no place to be kept in: neither XDG_CONFIG_HOME nor HOME is set")
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "hone", contextsFileName), nil
}

// loadContexts reads the contexts; no file is no contexts.
func (a *app) loadContexts() (*contextFile, error) {
	f := &contextFile{}
	var err error
	if f.path, err = a.contextsPath(); err != nil {
		return f, err
	}
	content, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Contexts = map[string]savedContext{}
		return f, nil
	case err != nil:
		return f, hone.Errorf(hone.PermissionDenied, "the contexts cannot be read: %w", err)
	}
	if err := yaml.Unmarshal(content, f); err != nil {
		return f, hone.Errorf(hone.InvalidArgument, "%s cannot be read (%w): correct it, or remove it and log in again", f.path, err)
	}
	if f.Contexts == nil {
		f.Contexts = map[string]savedContext{}
	}
	return f, nil
}

// save writes the contexts in one step, for the user's eyes only: there are tokens in them.
func (f *contextFile) save() error {
	content, err := yaml.Marshal(f)
	if err != nil {
		return err
	}
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return hone.Errorf(hone.PermissionDenied, "the contexts cannot be kept: %w", err)
	}
	file, err := os.CreateTemp(dir, contextsFileName+".*") // made with mode 0600
	if err != nil {
		return hone.Errorf(hone.PermissionDenied, "the contexts cannot be kept: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), f.path)
	}
	if err != nil {
		return hone.Errorf(hone.Unavailable, "the contexts cannot be kept: %w", err)
	}
	return nil
}

// get finds a context by name.
func (f *contextFile) get(name string) (savedContext, error) {
	if c, ok := f.Contexts[name]; ok {
		return c, nil
	}
	if near := hone.Nearest(name, sortedNames(f.Contexts)); near != "" {
		return savedContext{}, hone.Errorf(hone.NotFound, "there is no context %q; did you mean %q?", name, near)
	}
	return savedContext{}, hone.Errorf(hone.NotFound, "there is no context %q; `hone login URL --name %s` makes one, `hone context list` shows those that there are", name, quoteWord(name))
}

// ofServer finds what was saved for the address of a server.
func (f *contextFile) ofServer(server string) (c savedContext, ok bool) {
	if current, found := f.Contexts[f.Current]; found && sameServer(current.Server, server) {
		return current, true
	}
	for _, name := range sortedNames(f.Contexts) {
		if c := f.Contexts[name]; sameServer(c.Server, server) {
			return c, true
		}
	}
	return savedContext{}, false
}

// contextNames are letters, digits and a few signs, so that they need no quotes anywhere.
var contextNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,99}$`)

func checkContextName(name string) error {
	if !contextNames.MatchString(name) {
		return usagef("%q cannot be the name of a context: letters, digits, and _ . : @ - are allowed", name)
	}
	return nil
}
