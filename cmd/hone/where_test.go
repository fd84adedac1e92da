package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/stretchr/testify/require"
)

// TestWhereACommandLooks walks down from what says most: each line drops what decided the line before.
func TestWhereACommandLooks(t *testing.T) {
	const file = `current: team
contexts:
  team: {server: "https://team.example.org", token: team-secret, caFile: /ca.pem}
  lab: {server: "http://127.0.0.1:7070/", token: lab-secret}
`
	for _, c := range []struct {
		name, environment, here, flags string
		local                          bool
		want                           place
	}{
		{name: "a flag names the server", flags: "--server http://a:1", environment: "HONE_SERVER=http://b HONE_CONTEXT=lab HONE_DATA=d",
			want: place{server: "http://a:1"}},
		{name: "a flag names the context", flags: "--context lab", environment: "HONE_SERVER=http://b HONE_DATA=d",
			want: place{server: "http://127.0.0.1:7070/", token: "lab-secret", context: "lab"}},
		{name: "a flag names the folder", flags: "--data-dir e", environment: "HONE_SERVER=http://b HONE_DATA=d", want: place{dataDir: "e"}},
		{name: "the environment names the server", environment: "HONE_SERVER=http://b HONE_CONTEXT=lab HONE_DATA=d", want: place{server: "http://b"}},
		{name: "the environment names the context", environment: "HONE_CONTEXT=lab HONE_DATA=d",
			want: place{server: "http://127.0.0.1:7070/", token: "lab-secret", context: "lab"}},
		{name: "the environment names the folder", environment: "HONE_DATA=d", want: place{dataDir: "d"}},
		{name: "there is a data directory here", here: "data", want: place{dataDir: ".hone", passed: "team"}},
		{name: "there is nothing but the current context", want: place{server: "https://team.example.org", token: "team-secret", caFile: "/ca.pem", context: "team"}},
		{name: "what works here knows no contexts", local: true, environment: "HONE_CONTEXT=lab", want: place{dataDir: ".hone"}},
		{name: "what works here knows the folder", local: true, environment: "HONE_CONTEXT=lab HONE_DATA=d", want: place{dataDir: "d"}},
		{name: "a server that one is logged in to needs no token", flags: "--server HTTP://127.0.0.1:7070", want: place{server: "HTTP://127.0.0.1:7070", token: "lab-secret"}},
		{name: "a token that is given goes before one that is kept", flags: "--context lab", environment: "HONE_TOKEN=mine HONE_CA_FILE=/mine.pem",
			want: place{server: "http://127.0.0.1:7070/", token: "mine", caFile: "/mine.pem", context: "lab"}},
		{name: "a token is kept from other servers", flags: "--server http://127.0.0.1:7071", want: place{server: "http://127.0.0.1:7071"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newApp(nil, &bytes.Buffer{}, &bytes.Buffer{})
			dir := t.TempDir()
			t.Chdir(dir)
			environment := map[string]string{"XDG_CONFIG_HOME": filepath.Join(dir, "config")}
			for _, v := range strings.Fields(c.environment) {
				name, value, _ := strings.Cut(v, "=")
				environment[name] = value
			}
			a.getenv = func(name string) string { return environment[name] }
			require.NoError(t, os.MkdirAll("config/hone", 0o700))
			require.NoError(t, os.WriteFile("config/hone/contexts.yaml", []byte(file), 0o600))
			if c.here != "" {
				require.NoError(t, os.Mkdir(defaultDataDir, 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(defaultDataDir, datadir.StoreName), nil, 0o600))
			}
			root := newRootCommand(a)
			require.NoError(t, root.ParseFlags(strings.Fields(c.flags)))
			got, err := a.locate(c.local)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestContextsAreKeptForTheirOwnerAlone(t *testing.T) {
	a := newApp(nil, &bytes.Buffer{}, &bytes.Buffer{})
	home := t.TempDir()
	a.getenv = func(name string) string { return map[string]string{"HOME": home, "XDG_CONFIG_HOME": "relative"}[name] }
	f, err := a.loadContexts()
	require.NoError(t, err)
	f.Contexts["team"] = savedContext{Server: "https://team.example.org", Token: "secret"}
	f.Current = "team"
	require.NoError(t, f.save())
	path := filepath.Join(home, ".config", "hone", "contexts.yaml")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	again, err := a.loadContexts()
	require.NoError(t, err)
	require.Equal(t, f, again)
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left behind")
	require.NoError(t, os.WriteFile(path, []byte("contexts: ["), 0o600))
	_, err = a.loadContexts()
	require.ErrorContains(t, err, "correct it, or remove it and log in again")
}
