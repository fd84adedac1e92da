package hone

import (
	"encoding/json"
	"time"
)

// Experiment is one tuning task: what the user wrote and how far it has come.
type Experiment struct {
	// UID tells this experiment from any other of the same name, before or after it.
	UID       string            `json:"uid"`
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels,omitempty"`
	// Directory is the absolute path of the folder that relative paths of the file start from.
	Directory string    `json:"directory,omitempty"`
	Created   time.Time `json:"created"`
	Spec      Spec      `json:"spec"`
	Status    Status    `json:"status"`
}

// DefaultNamespace is where experiments live that name no namespace.
const DefaultNamespace = "default"

// Spec is what the user asks for: the `spec` of an experiment file.
type Spec struct {
	Objective     Objective          `json:"objective"`
	SearchSpace                      // parameters and constraints
	Algorithm     AlgorithmSpec      `json:"algorithm,omitzero"`
	Initial       []map[string]Value `json:"initial,omitempty"`
	Parallelism   int                `json:"parallelism,omitempty"`
	Budget        Budget             `json:"budget,omitzero"`
	Stop          StopRules          `json:"stop,omitzero"`
	EarlyStopping EarlyStoppingSpec  `json:"earlyStopping,omitzero"`
	Metrics       MetricsSpec        `json:"metrics,omitzero"`
	// Trial says how a trial is run; nil makes the experiment external (ask and tell).
	Trial *TrialTemplate `json:"trial,omitempty"`
	// OnLost says what becomes of a trial whose worker vanished: retry (default) or fail.
	OnLost string `json:"onLost,omitempty"`
}

// AlgorithmSpec chooses the search algorithm.
type AlgorithmSpec struct {
	Name     string           `json:"name,omitempty"`
	Seed     *uint64          `json:"seed,omitempty"`
	Settings map[string]Value `json:"settings,omitempty"`
}

// EarlyStoppingSpec chooses the rule that ends single trials early.
type EarlyStoppingSpec struct {
	Name     string           `json:"name,omitempty"`
	Settings map[string]Value `json:"settings,omitempty"`
}

// MetricsSpec says where a trial's readings come from.
type MetricsSpec struct {
	Source string `json:"source,omitempty"` // stdout, file, push, tensorboard or prometheus
	Format string `json:"format,omitempty"` // text or json
	// Path is where the source is: of a file or of a folder of event files, relative to the trial's directory; for
	// prometheus the address to scrape, such as :8080/metrics, which is the default.
	Path    string   `json:"path,omitempty"`
	Pattern string   `json:"pattern,omitempty"` // RE2 with groups name, value and, if wanted, step
	Record  []string `json:"record,omitempty"`  // further metrics to keep
	// Interval is the time between two scrapes, for prometheus; 0 means DefaultScrape.
	Interval Duration `json:"interval,omitzero"`
}

// Sources and formats of metrics.
const (
	SourceStdout = "stdout"
	SourceFile   = "file"
	SourcePush   = "push"
	// SourceTensorBoard reads the scalars of TensorBoard's event files.
	SourceTensorBoard = "tensorboard"
	// SourcePrometheus scrapes an endpoint of the program.
	SourcePrometheus = "prometheus"
	FormatText       = "text"
	FormatJSON       = "json"
)

// TrialTemplate says how a trial is started.
type TrialTemplate struct {
	Command          []string          `json:"command,omitempty"`
	Workdir          string            `json:"workdir,omitempty"`
	Env              map[string]string `json:"env,omitempty"`
	Timeout          Duration          `json:"timeout,omitzero"`
	Grace            *Duration         `json:"grace,omitempty"`
	Retries          *int              `json:"retries,omitempty"`
	GPUs             int               `json:"gpus,omitempty"`
	CPU              string            `json:"cpu,omitempty"`
	Memory           string            `json:"memory,omitempty"`
	Image            string            `json:"image,omitempty"`
	Manifest         json.RawMessage   `json:"manifest,omitempty"` // an object
	PrimaryContainer string            `json:"primaryContainer,omitempty"`
	Success          string            `json:"success,omitempty"`
	Failure          string            `json:"failure,omitempty"`
	Retain           bool              `json:"retain,omitempty"`
}

// Defaults of a spec.
const (
	DefaultTrials      = 100
	DefaultFailures    = 10
	DefaultParallelism = 1
	DefaultGrace       = 30 * time.Second
	DefaultScrape      = time.Second
	DefaultScrapePath  = ":8080/metrics"
	DefaultRetries     = 1
	DefaultAlgorithm   = "auto"
	// RemoteAlgorithm is a suggestion service elsewhere: it makes this process connect to an address that the
	// experiment names.
	RemoteAlgorithm = "remote"
	// SameFailures is how many trials at the start may fail for one reason before the experiment gives
	// up, where the file sets no limit of failures.
	SameFailures = 3
)

// External reports whether the trials are run by whoever asks for them.
func (s Spec) External() bool { return s.Trial == nil }

// GraceTime is the time between SIGTERM and SIGKILL.
func (t TrialTemplate) GraceTime() time.Duration {
	if t.Grace == nil {
		return DefaultGrace
	}
	return time.Duration(*t.Grace)
}

// RetryLimit is how often a trial is started again after a failure that is not its program's own.
func (t TrialTemplate) RetryLimit() int {
	if t.Retries == nil {
		return DefaultRetries
	}
	return *t.Retries
}

// WithDefaults fills in what the user left out, so that two specs that mean the same are equal. The seed
// stays missing: it is drawn at creation.
func (s Spec) WithDefaults() Spec {
	s.Objective = s.Objective.withDefaults()
	setDefault(&s.Algorithm.Name, DefaultAlgorithm)
	setDefault(&s.EarlyStopping.Name, "none")
	setDefault(&s.Metrics.Source, SourceStdout)
	setDefault(&s.Metrics.Format, FormatText)
	setDefault(&s.OnLost, "retry")
	if s.Parallelism == 0 && !s.External() {
		s.Parallelism = DefaultParallelism
	}
	if s.Budget.Trials == 0 && s.Budget.Duration == 0 {
		s.Budget.Trials = DefaultTrials
	}
	return s
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}
