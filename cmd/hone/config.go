package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// Defaults of hone serve.
const (
	defaultListen = "127.0.0.1:7070"
	defaultGrace  = 10 * time.Second
	nowhere       = "none" // --listen none: only the socket is served
)

// The formats of logs.
const (
	logText = "text"
	logJSON = "json"
)

// serveConfig is what `hone serve` can be told.
type serveConfig struct {
	listen             []string
	dataDir            string
	tokenFile          string
	tlsCert, tlsKey    string
	allowedHosts       []string
	maxTrials          int
	namespaceMaxTrials int
	keepAge            ageValue
	keepSize           sizeValue
	rateLimit          int
	grace              time.Duration
	runner             string
	cluster            clusterConfig
	identity           identityConfig
	logLevel           string
	logFormat          string
}

func defaultServeConfig() serveConfig {
	return serveConfig{listen: []string{defaultListen}, dataDir: defaultDataDir, keepSize: defaultKeep, grace: defaultGrace,
		runner: runnerLocal, cluster: defaultClusterConfig(), logLevel: "info", logFormat: logText}
}

// settingValue is the value of a setting, as a flag has it.
type settingValue interface {
	String() string
	Set(text string) error
	Type() string
}

// setting is one thing that `hone serve` can be told, by a flag, by the environment and in a file.
type setting struct {
	flag  string
	value settingValue
	usage string
	// variable is what it is called in the environment, where that does not follow from the flag.
	variable string
	// path says that it is the path of a file; in a file, a relative one starts from the file's folder.
	path bool
	// global says that the flag is one of all commands.
	global bool
}

// settings is the table of all that can be said, bound to a configuration.
func (c *serveConfig) settings() []setting {
	own := []setting{
		{flag: "listen", value: &listValue{items: &c.listen}, usage: "addresses to listen on, host:port; none for the socket of the data directory alone"},
		{flag: "data-dir", value: (*textValue)(&c.dataDir), usage: "folder where experiments are kept", variable: dataVariable, path: true, global: true},
		{flag: "token-file", value: (*textValue)(&c.tokenFile), usage: "file with an admin token, mode 0600; further tokens are made with hone token", path: true},
		{flag: "tls-cert", value: (*textValue)(&c.tlsCert), usage: "certificate for HTTPS, PEM with its chain; read again when it changes", path: true},
		{flag: "tls-key", value: (*textValue)(&c.tlsKey), usage: "its private key, PEM", path: true},
		{flag: "allowed-hosts", value: &listValue{items: &c.allowedHosts}, usage: "names by which clients may call this server, beside those of the addresses to listen on"},
		{flag: "max-trials", value: (*countValue)(&c.maxTrials), usage: "how many trials this service runs at once in all; 0 for no limit"},
		{flag: "max-trials-per-namespace", value: (*countValue)(&c.namespaceMaxTrials), usage: "how many of one namespace; 0 for no limit"},
		{flag: "keep-age", value: &c.keepAge, usage: "keep folders and logs of ended trials for so long, such as 30d; 0 for ever (the best three are always kept)"},
		{flag: "keep-size", value: &c.keepSize, usage: "keep so much of them for each experiment, such as 500MiB; 0 for no limit"},
		{flag: "rate-limit", value: (*countValue)(&c.rateLimit), usage: "how many requests a second one caller may make over the network; 0 for no limit"},
		{flag: "shutdown-grace", value: (*timeValue)(&c.grace), usage: "how long requests that are being answered may take after Ctrl-C or SIGTERM"},
		{flag: "log-level", value: formatValue{value: &c.logLevel, allowed: logLevels()}, usage: "what is logged to stderr: " + alternatives(logLevels()), global: true},
		{flag: "log-format", value: formatValue{value: &c.logFormat, allowed: []string{logText, logJSON}}, usage: "lines of text or of json"},
		{flag: "runner", value: formatValue{value: &c.runner, allowed: []string{runnerLocal, runnerKubernetes}}, usage: "where trials run: local for processes of this machine, kubernetes for a cluster"},
	}
	return slices.Concat(own, c.cluster.settings(), c.identity.settings())
}

// name in the environment: HONE_SERVE_MAX_TRIALS.
func (s setting) env() string {
	if s.variable != "" {
		return s.variable
	}
	return serveVariables + strings.ToUpper(strings.ReplaceAll(s.flag, "-", "_"))
}

// key in a file: maxTrials.
func (s setting) key() string {
	words := strings.Split(s.flag, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// serveVariables begin the names of the settings in the environment.
const serveVariables = "HONE_SERVE_"

// configFlags gives a command the flags of the settings.
func (c *serveConfig) configFlags(cmd *cobra.Command) {
	for _, s := range c.settings() {
		if !s.global {
			flag := cmd.Flags().VarPF(s.value, s.flag, "", s.usage+" ("+s.env()+")")
			if s.value.Type() == "bool" {
				flag.NoOptDefVal = "true"
			}
		}
	}
}

// resolvedConfig is a configuration with where each of its values came from.
type resolvedConfig struct {
	serveConfig
	origin map[string]string // by flag
}

// resolveConfig puts the configuration together: flags win over the environment, that over the file, and that over
// the defaults. given tells of a flag whether it was given, and with what.
func (a *app) resolveConfig(file string, given func(flag string) (text string, ok bool)) (*resolvedConfig, error) {
	r := &resolvedConfig{serveConfig: defaultServeConfig(), origin: map[string]string{}}
	origin := "--config"
	if file == "" {
		file, origin = a.getenv(serveVariables+"CONFIG"), serveVariables+"CONFIG"
	}
	said, err := readConfigFile(file, r.settings())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", origin, err)
	}
	var mistakes hone.FieldErrors
	for _, s := range r.settings() {
		origin := "--" + s.flag
		text, ok := given(s.flag)
		if !ok {
			text, origin = a.getenv(s.env()), s.env()
			ok = text != ""
		}
		switch fromFile, inFile := said[s.flag]; {
		case ok:
			if err := s.value.Set(text); err != nil {
				return nil, usagef("invalid argument %q for %s: %s", text, origin, flagCause(err))
			}
			r.origin[s.flag] = origin
		case inFile:
			if err := s.setFromFile(file, fromFile.text); err != nil {
				mistakes = append(mistakes, hone.FieldError{Path: s.key(), Line: fromFile.line, Message: flagCause(err)})
			}
			r.origin[s.flag] = fmt.Sprintf("%s:%d", file, fromFile.line)
		default:
			r.origin[s.flag] = "default"
		}
	}
	if len(mistakes) > 0 {
		return nil, inFile(file, mistakes)
	}
	return r, r.check()
}

func (s setting) setFromFile(file, text string) error {
	if s.path && text != "" && !filepath.IsAbs(text) {
		text = filepath.Join(filepath.Dir(file), text)
	}
	return s.value.Set(text)
}

// check looks at what belongs together.
func (c *serveConfig) check() error {
	switch {
	case c.dataDir == "":
		return usagef("the data directory is empty: name a folder, or leave it out for %s", defaultDataDir)
	case (c.tlsCert == "") != (c.tlsKey == ""):
		return usagef("a certificate and its key belong together: give both --tls-cert and --tls-key, or neither")
	case c.maxTrials > 0 && c.namespaceMaxTrials > c.maxTrials:
		return usagef("--max-trials-per-namespace %d is more than --max-trials %d allows in all", c.namespaceMaxTrials, c.maxTrials)
	case c.runner == runnerKubernetes:
		if err := c.cluster.check(); err != nil {
			return err
		}
	}
	return c.identity.check()
}

// addresses are those that the service listens on.
func (c *serveConfig) addresses() []string {
	if len(c.listen) == 1 && c.listen[0] == nowhere {
		return nil
	}
	return c.listen
}
