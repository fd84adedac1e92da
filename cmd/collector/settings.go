package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Settings, by the environment.
const (
	envDir        = "HONE_DIR"        // the volume that the containers of the pod share
	envTrialDir   = "HONE_TRIAL_DIR"  // where the program writes; below HONE_DIR if not set
	envURL        = "HONE_URL"        // of the service
	envToken      = "HONE_TOKEN"      //nolint:gosec // the name of the one that is good for this trial
	envNamespace  = "HONE_NAMESPACE"  // of the experiment
	envExperiment = "HONE_EXPERIMENT" // its name
	envTrial      = "HONE_TRIAL"      // the trial's name
	envAttempt    = "HONE_ATTEMPT"    // from 1
	envObjective  = "HONE_OBJECTIVE"  // the metric of the objective
	envMetrics    = "HONE_METRICS"    // spec.metrics of the experiment, as JSON
	envPod        = "HONE_POD"        // the UID of the pod
	envIndex      = "HONE_INDEX"      // which of several replicas it is; only "0" reports
	envJobIndex   = "JOB_COMPLETION_INDEX"
	envFlush      = "HONE_FLUSH"           // how long the end may take, such as 20s
	envLast       = "HONE_TERMINATION_LOG" // where the last word goes
	envCopyLimit  = "HONE_STDOUT_LIMIT"    // how many bytes of the standard output may wait on the disk
	envUnbuffered = "PYTHONUNBUFFERED"
)

const (
	defaultDir       = "/hone"
	defaultLast      = "/dev/termination-log"
	defaultFlush     = 20 * time.Second
	defaultCopyLimit = 1 << 30
)

// settings are the environment of one command.
type settings map[string]string

func settingsOf(env []string) settings {
	s := settings{}
	for _, e := range env {
		if name, value, found := strings.Cut(e, "="); found {
			s[name] = value
		}
	}
	return s
}

func (s settings) dir() string      { return cmp.Or(s[envDir], defaultDir) }
func (s settings) trialDir() string { return cmp.Or(s[envTrialDir], filepath.Join(s.dir(), "trial")) }
func (s settings) lastWord() string { return cmp.Or(s[envLast], defaultLast) }

// run is a file of what the containers tell each other.
func (s settings) run(name string) string { return filepath.Join(s.dir(), "run", name) }

func (s settings) stdout() string { return s.run("stdout") }
func (s settings) exit() string   { return s.run("exit") }
func (s settings) spool() string  { return s.run("spool") }
func (s settings) ready() string  { return s.run("ready") }

// silent is a file that the sidecar makes when it does not want the standard output.
func (s settings) silent() string { return s.run("silent") }

func (s settings) copyLimit() int64 {
	if n, err := strconv.ParseInt(s[envCopyLimit], 10, 64); err == nil && n > 0 {
		return n
	}
	return defaultCopyLimit
}

func (s settings) flush() time.Duration {
	if d, err := time.ParseDuration(s[envFlush]); err == nil && d > 0 {
		return d
	}
	return defaultFlush
}

// reports tells whether this pod is the one of its trial that reports: the first of its job, and of the first job where
// there are several of a kind.
func (s settings) reports() bool {
	for _, name := range []string{envIndex, envJobIndex} {
		if index := s[name]; index != "" && index != "0" {
			return false
		}
	}
	return true
}

// task is what follow is to do.
type task struct {
	name      hone.Name
	number    int
	attempt   int
	source    string // of its batches
	objective string
	metrics   hone.MetricsSpec
}

// task reads what follow is to do. Every mistake is told at once.
func (s settings) task() (t task, err error) {
	var errs hone.FieldErrors
	wrong := func(name, format string, args ...any) {
		errs = append(errs, hone.FieldError{Path: name, Message: fmt.Sprintf(format, args...)})
	}
	for _, name := range []string{envURL, envToken, envExperiment, envTrial, envObjective} {
		if s[name] == "" {
			wrong(name, "is not set")
		}
	}
	t.name = hone.Name{Namespace: s[envNamespace], Name: s[envExperiment]}
	t.objective = s[envObjective]
	var experiment string
	if experiment, t.number, err = hone.ParseTrialName(s[envTrial]); err != nil {
		wrong(envTrial, "%v", err)
	} else if experiment != t.name.Name {
		wrong(envTrial, "%q is not a trial of experiment %q", s[envTrial], t.name.Name)
	}
	if t.attempt, err = strconv.Atoi(cmp.Or(s[envAttempt], "1")); err != nil || t.attempt < 1 {
		wrong(envAttempt, "%q is not the number of an attempt", s[envAttempt])
	}
	if err := json.Unmarshal([]byte(cmp.Or(s[envMetrics], "{}")), &t.metrics); err != nil {
		wrong(envMetrics, "%v", err)
	}
	t.metrics.Source = cmp.Or(t.metrics.Source, hone.SourceStdout)
	const enough = 8 // characters of a UID
	pod := s[envPod]
	t.source = "pod/" + pod[:min(len(pod), enough)]
	return t, errs.Err()
}
