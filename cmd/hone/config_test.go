package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// resolved puts a configuration together from a file's text, an environment and flags.
func resolved(t *testing.T, file string, environment, flags map[string]string) (*resolvedConfig, error) {
	t.Helper()
	a := newApp(nil, &bytes.Buffer{}, &bytes.Buffer{})
	a.getenv = func(name string) string { return environment[name] }
	path := ""
	if file != "" {
		path = filepath.Join(t.TempDir(), "serve.yaml")
		require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	}
	return a.resolveConfig(path, func(name string) (string, bool) {
		text, given := flags[name]
		return text, given
	})
}

// other is a value for each setting that is not its default.
var other = map[string]string{"listen": "127.0.0.1:1,[::1]:2", "data-dir": "/elsewhere", "token-file": "/t", "tls-cert": "/c", "tls-key": "/k",
	"allowed-hosts": "hone,hone.hone-system,hone.hone-system.svc,hone.hone-system.svc.cluster.local,tuning.example.org", "max-trials": "9", "max-trials-per-namespace": "3", "keep-age": "36h", "keep-size": "5MiB", "rate-limit": "7",
	"shutdown-grace": "3s", "log-level": "debug", "log-format": "json",
	"runner": "kubernetes", "kubeconfig": "/kube", "watch-namespaces": "a,b", "collector-image": "c:1", "collector-pull-policy": "Never", "url": "http://hone:7070",
	"cluster-request-rate": "5", "image-pull-limit": "5s", "unschedulable-limit": "7s",
	"cluster-auth": "true", "cluster-audience": "hone", "lease": "hone-system/hone"}

func TestEverySettingCanBeSaidInThreeWaysAndTheNearerOneWins(t *testing.T) {
	for i, s := range (&serveConfig{}).settings() {
		value := other[s.flag]
		require.NotEmpty(t, value, s.flag)
		more := "" // what it needs to be valid
		switch s.flag {
		case "tls-cert":
			more = "tlsKey: /k\n"
		case "tls-key":
			more = "tlsCert: /c\n"
		case "runner":
			more = "url: http://hone:7070\ncollectorImage: c:1\n"
		case "cluster-audience":
			more = "clusterAuth: true\n"
		}
		file := more + s.key() + ": '" + value + "'\n"
		say := func(environment, flags map[string]string) string {
			r, err := resolved(t, file, environment, flags)
			require.NoError(t, err)
			return r.settings()[i].value.String() + " " + r.origin[s.flag]
		}
		require.Regexp(t, `serve\.yaml:\d+$`, say(nil, nil))
		require.Equal(t, value+" "+s.env(), say(map[string]string{s.env(): value}, nil))
		require.Equal(t, value+" --"+s.flag, say(map[string]string{s.env(): "none such"}, map[string]string{s.flag: value}))
		r, err := resolved(t, "logFormat: json", nil, nil)
		require.NoError(t, err)
		if s.flag != "log-format" {
			require.Equal(t, "default", r.origin[s.flag])
		}
	}
}

func TestThePrintedConfigurationIsAFileThatSaysTheSame(t *testing.T) {
	for name, flags := range map[string]map[string]string{"defaults": {}, "all others": other} {
		t.Run(name, func(t *testing.T) {
			r, err := resolved(t, "", nil, flags)
			require.NoError(t, err)
			var printed bytes.Buffer
			require.NoError(t, r.print(&printed))
			if name == "defaults" { // relative paths of a file start from its folder
				r.dataDir = "/data"
				printed.Reset()
				require.NoError(t, r.print(&printed))
			}
			again, err := resolved(t, printed.String(), nil, nil)
			require.NoError(t, err, printed.String())
			if len(again.allowedHosts) == 0 {
				again.allowedHosts = nil
			}
			require.Equal(t, r.serveConfig, again.serveConfig, printed.String())
		})
	}
}

func TestMistakesOfAConfiguration(t *testing.T) {
	for file, want := range map[string]string{
		"- a":                                    "must be settings",
		"listen: {a: b}":                         "listen (line 1): must be a single value, or a list of them",
		"listen: ['a,b']":                        "must be a single value",
		"a: 1\n---\nb: 2":                        "more than one document",
		"listen: [":                              "is no YAML",
		"maxTrials: 1\nmaxTrials: 2":             "is set twice; the first time in line 1",
		"\nkeep-size: 1":                         `keep-size (line 2): unknown setting; did you mean "keepSize"?`,
		"keepAge: -1h":                           "keepAge (line 1): write it like 12h or 30d",
		"shutdownGrace: -1s":                     "must not be negative",
		"logLevel: loud":                         "it must be trace, debug, info, warn, error or off",
		"tlsCert: a":                             "belong together",
		"maxTrials: 2\nmaxTrialsPerNamespace: 3": "--max-trials-per-namespace 3 is more than --max-trials 2",
		"dataDir: ''":                            "the data directory is empty",
	} {
		_, err := resolved(t, file, nil, nil)
		require.ErrorContains(t, err, want, file)
		require.Equal(t, exitUsage, exitCode(err), file)
	}
	r, err := resolved(t, "# nothing\n", nil, nil)
	require.NoError(t, err)
	require.Equal(t, defaultServeConfig(), r.serveConfig)
}

// TestThePageHasEverySetting holds the table of docs/operations.md against the settings.
func TestThePageHasEverySetting(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	c := defaultServeConfig()
	rows := 0
	for _, s := range c.settings() {
		value := ""
		if text := s.value.String(); text != "" {
			value = "`" + text + "` "
		}
		require.Contains(t, string(page), "| `--"+s.flag+"` | `"+s.env()+"` | `"+s.key()+"` | "+value+"|")
		rows++
	}
	require.Equal(t, rows, bytes.Count(page, []byte("\n| `--")), "no row is of a setting that is not there")
}

func FuzzAConfigurationIsReadOrRefused(f *testing.F) {
	f.Add([]byte("listen: [a, b]\nmaxTrials: 3"))
	f.Add([]byte("a: &x [*x]"))
	f.Add([]byte("? {a: b}\n: c"))
	f.Fuzz(func(t *testing.T, content []byte) {
		c := defaultServeConfig()
		out, err := parseConfig(content, c.settings())
		if err == nil {
			for flag := range out {
				require.Contains(t, other, flag)
			}
		}
	})
}
