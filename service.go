package hone

import (
	"context"
	"io"
	"time"
)

// Name names an experiment: its namespace (empty means DefaultNamespace) and its name.
type Name struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

func (n Name) String() string {
	if n.Namespace == "" || n.Namespace == DefaultNamespace {
		return n.Name
	}
	return n.Namespace + "/" + n.Name
}

// The service interfaces are what the server offers and the client implements, one for each noun.

// ExperimentService keeps experiments.
type ExperimentService interface {
	// CreateExperiment creates an experiment from the content of an experiment file, YAML or JSON.
	CreateExperiment(ctx context.Context, document []byte) (Experiment, error)
	// RunExperiment creates an experiment and runs it, or goes on with the one that is there if nothing but
	// its limits differs; these then take effect.
	RunExperiment(ctx context.Context, r RunRequest) (RunReply, error)
	GetExperiment(ctx context.Context, n Name) (Experiment, error)
	ListExperiments(ctx context.Context, f ExperimentFilter) (ExperimentPage, error)
	// UpdateExperiment changes budget, parallelism and stop.
	UpdateExperiment(ctx context.Context, n Name, p Patch) (Experiment, error)
	// DeleteExperiment stops the experiment, waits for its trials to end, and forgets it.
	DeleteExperiment(ctx context.Context, n Name) error
}

// Patch is a change of an experiment's spec.
type Patch struct {
	// Spec is a JSON merge patch (RFC 7396) of the spec: budget, parallelism and stop may change.
	Spec []byte
	// Events makes the change only while this is the sequence number of the experiment's newest event, and is
	// a ChangedError otherwise; 0 makes it in any case.
	Events int64
	// UID makes the change only if it is the experiment's, and not that of an earlier one of its name; "" in any
	// case.
	UID string
}

// RunRequest is what `hone run` asks for. It is taken over the socket only: it starts programs.
type RunRequest struct {
	Document    []byte   `json:"document"`    // the experiment file
	Directory   string   `json:"directory"`   // absolute path of the folder it is in
	Environment []string `json:"environment"` // NAME=value
	// Overrides are what flags said over the file.
	Overrides Overrides `json:"overrides,omitzero"`
	Retention Retention `json:"retention,omitzero"`
}

// Overrides replace what an experiment file says; nil and empty fields leave it.
type Overrides struct {
	Name        string  `json:"name,omitempty"`
	Namespace   string  `json:"namespace,omitempty"`
	Trials      *int    `json:"trials,omitempty"`
	Parallelism *int    `json:"parallelism,omitempty"`
	Algorithm   string  `json:"algorithm,omitempty"`
	Seed        *uint64 `json:"seed,omitempty"`
}

// RunReply is the experiment that is being run.
type RunReply struct {
	Experiment Experiment `json:"experiment"`
	Created    bool       `json:"created"` // false when it was there before
	// Warnings are things worth saying that are no mistakes.
	Warnings []string `json:"warnings,omitempty"`
}

// ControlService steers experiments.
type ControlService interface {
	// PauseExperiment starts no new trials; the running ones go on.
	PauseExperiment(ctx context.Context, n Name) (Experiment, error)
	ResumeExperiment(ctx context.Context, n Name) (Experiment, error)
	// StopExperiment ends it: running trials get SIGTERM, or with drain are waited for.
	StopExperiment(ctx context.Context, n Name, drain bool) (Experiment, error)
	// InterruptExperiment leaves it as Running, to be gone on with later: running trials get SIGTERM and go
	// back to Pending. It returns when they have.
	InterruptExperiment(ctx context.Context, n Name) error
	// Enqueue puts a point to try next; parameters that are left out are drawn.
	Enqueue(ctx context.Context, n Name, parameters map[string]Value) (Assignments, error)
	// Import adds finished trials from elsewhere as history. All or none.
	Import(ctx context.Context, n Name, trials []ImportedTrial) (int, error)
}

// ImportedTrial is a finished trial from elsewhere.
type ImportedTrial struct {
	Parameters map[string]Value `json:"parameters"`
	Metrics    map[string]Float `json:"metrics"`
	State      TrialState       `json:"state,omitempty"` // Succeeded by default
}

// TrialService shows and steers trials.
type TrialService interface {
	GetTrial(ctx context.Context, n Name, number int) (Trial, error)
	ListTrials(ctx context.Context, n Name, f TrialFilter) (TrialPage, error)
	Leaderboard(ctx context.Context, n Name, q LeaderboardQuery) (Leaderboard, error)
	// StopTrial ends a running or pending trial as Stopped.
	StopTrial(ctx context.Context, n Name, number int) (Trial, error)
	// RetryTrial takes a Failed or Stopped trial back to Pending.
	RetryTrial(ctx context.Context, n Name, number int) (Trial, error)
	// Logs opens the output of a trial's latest attempt, or another one's. The output of one stream may be
	// Positioned.
	Logs(ctx context.Context, n Name, number int, q LogQuery) (io.ReadCloser, error)
}

// TrialPage is one page of a list.
type TrialPage struct {
	Experiment string  `json:"-"`
	Trials     []Trial `json:"trials"`
	Cursor     string  `json:"cursor,omitempty"`
}

// LeaderboardQuery chooses what of a leaderboard is wanted.
type LeaderboardQuery struct {
	Top      int  // only the first so many; 0 for all
	Imported bool // rank imported trials too
	// Curves adds the readings of the objective to each trial.
	Curves bool
}

// Leaderboard is the ranking of an experiment's trials.
type Leaderboard struct {
	Experiment string          `json:"experiment"`
	Namespace  string          `json:"namespace"`
	State      ExperimentState `json:"state"`
	Reason     Reason          `json:"reason,omitempty"`
	Message    string          `json:"message,omitempty"`
	Objective  Objective       `json:"objective"`
	Counts     Counts          `json:"counts"`
	Trials     []RankedTrial   `json:"trials"`
}

// RankedTrial is a line of the leaderboard.
type RankedTrial struct {
	Rank       int              `json:"rank,omitempty"` // from 1; absent without a finite value
	Trial      string           `json:"trial"`
	State      TrialState       `json:"state"`
	Reason     Reason           `json:"reason,omitempty"`
	Value      *Float           `json:"value,omitempty"`
	Metrics    map[string]Float `json:"metrics,omitempty"`
	Parameters Assignments      `json:"parameters"`
	StartTime  *time.Time       `json:"startTime,omitempty"`
	EndTime    *time.Time       `json:"endTime,omitempty"`
	Duration   string           `json:"duration,omitempty"`
	Imported   bool             `json:"imported,omitempty"`
	Attempt    int              `json:"attempt,omitempty"` // counts its starts
	Client     string           `json:"client,omitempty"`  // the worker that asked for it
	// Curve are the finite readings of the objective by step, when asked for.
	Curve []Float `json:"curve,omitempty"`
}

// LogQuery chooses an output.
type LogQuery struct {
	Attempt int    // 0 for the latest
	Stream  string // stdout, stderr, or empty for both
	Follow  bool
	// Offset leaves out so many bytes at the beginning, so that reading can go on where it broke off. It counts
	// within one stream: Stream must be given.
	Offset int64
	// Tail begins with the last so many lines that are there already, of each stream; 0 for all. It goes over
	// Offset.
	Tail int
}

// Positioned is an output of one stream that can tell where it begins: whoever has read n bytes of it goes on,
// when it breaks off, with the Offset Start()+n.
type Positioned interface {
	// Start is the place in the stream of the first byte that Read gives.
	Start() int64
}

// MeasurementService takes and shows readings.
type MeasurementService interface {
	// Measure stores a batch; the answer says whether the trial should stop.
	Measure(ctx context.Context, n Name, b Batch) (stop bool, err error)
	// Measurements returns the readings of a metric, or of all with "", by metric and step.
	Measurements(ctx context.Context, n Name, number int, metric string) ([]Measurement, error)
}

// EventService tells what happens.
type EventService interface {
	// Events returns the events after a sequence number. With wait, it blocks until there is at least one.
	Events(ctx context.Context, n Name, after int64, wait bool) ([]Event, error)
}

// AlgorithmService tells what can be chosen.
type AlgorithmService interface {
	Algorithms(ctx context.Context) (Catalog, error)
}

// Service is everything that a server offers.
type Service interface {
	ExperimentService
	ControlService
	TrialService
	MeasurementService
	EventService
	AlgorithmService
	AskService
}
