package remote

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

// Name is what experiments call this algorithm.
const Name = hone.RemoteAlgorithm

// passPrefix stands before a setting of the service that is called like one of Hone's own.
const passPrefix = "service."

// unixPrefix stands before the path of a socket.
const unixPrefix = "unix:"

const (
	defaultTimeout = "60s"
	maxTimeout     = 24 * time.Hour
)

// Choice describes the algorithm. It has settings of its own; all others are the service's.
func Choice() hone.Choice {
	return hone.Choice{Name: Name, Open: true,
		Summary: "Asks a suggestion service, a process of its own that speaks api.v1.beta1.Suggestion over gRPC; settings other than these are passed on to it.",
		Settings: []hone.Setting{
			{Name: "endpoint", Type: "string", Required: true, Summary: "Where the service listens: host:port, or unix:PATH (relative to the experiment file)."},
			{Name: "algorithm", Type: "string", Summary: "The name of the algorithm that the service is asked for."},
			{Name: "timeout", Type: "string", Default: hone.String(defaultTimeout), Summary: "How long one suggestion may take, retries included: 90s, 5m."},
			{Name: "tls", Type: "bool", Default: hone.Bool(false), Summary: "Whether the connection is encrypted, and the service's certificate checked."},
			{Name: "ca", Type: "string", Summary: "A file with the certificates to trust (PEM) in place of the system's, with tls; relative to the experiment file."},
		}}
}

// config is what the settings of an experiment say.
type config struct {
	endpoint, algorithm string
	timeout             time.Duration
	tls                 bool
	ca                  string
	settings            map[string]string // of the service
}

// configOf reads the settings. The error is FieldErrors with paths from the experiment.
func configOf(settings map[string]hone.Value) (config, error) {
	choice := Choice()
	var errs hone.FieldErrors
	complain := func(name, format string, args ...any) {
		errs = append(errs, hone.FieldError{Path: "spec.algorithm.settings." + name, Message: fmt.Sprintf(format, args...)})
	}
	if err := choice.Check(settings); err != nil {
		return config{}, err
	}
	c := config{endpoint: choice.Get(settings, "endpoint").String(), algorithm: choice.Get(settings, "algorithm").String(),
		tls: choice.Get(settings, "tls").Bool(), ca: choice.Get(settings, "ca").String(), settings: map[string]string{}}
	if err := checkEndpoint(c.endpoint); err != nil {
		complain("endpoint", "%v", err)
	}
	var err error
	if c.timeout, err = time.ParseDuration(choice.Get(settings, "timeout").String()); err != nil || c.timeout <= 0 || c.timeout > maxTimeout {
		complain("timeout", "%q must be a duration from above 0 to 24h, such as 90s or 5m", choice.Get(settings, "timeout"))
	}
	if c.ca != "" && !c.tls {
		complain("ca", "is only for tls: true")
	}
	own := make([]string, len(choice.Settings))
	for i, s := range choice.Settings {
		own[i] = s.Name
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		theirs, marked := strings.CutPrefix(name, passPrefix)
		if !marked && slices.Contains(own, name) {
			continue
		}
		if _, twice := c.settings[theirs]; twice || theirs == "" {
			complain(name, "is given twice, or is no name: %s is passed on as %q", name, theirs)
		}
		c.settings[theirs] = settings[name].String()
	}
	return c, errs.Err()
}

func checkEndpoint(endpoint string) error {
	if path, ok := strings.CutPrefix(endpoint, unixPrefix); ok && path != "" {
		return nil
	}
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil || host == "" || port == "" || strings.Contains(endpoint, "/") {
		return hone.Errorf(hone.InvalidArgument, "%q must be host:port, such as 127.0.0.1:6789", endpoint)
	}
	return nil
}

// address is what a connection depends on.
type address struct {
	endpoint string
	tls      bool
	ca       string // an absolute path, or empty
}

// address finds files from the folder of the experiment file.
func (c config) address(folder string) address {
	from := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(folder, path)
	}
	a := address{endpoint: c.endpoint, tls: c.tls, ca: from(c.ca)}
	if path, ok := strings.CutPrefix(c.endpoint, unixPrefix); ok {
		a.endpoint = unixPrefix + from(path)
	}
	return a
}
