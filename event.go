package hone

import "time"

// EventType says what happened.
type EventType string

// What can happen to an experiment and its trials.
const (
	// EventCreated is the first event of every experiment.
	EventCreated EventType = "Created"
	// EventAttached says that a process begins to run the experiment, or goes on with it.
	EventAttached EventType = "Attached"
	// EventDetached says that this process leaves it: an interrupt (with the reason Interrupted), a shutdown. With
	// the reason Lost, that it vanished at an unknown time since it was last seen, which no budget is charged for.
	EventDetached EventType = "Detached"
	// EventHeartbeat says that the process is still there; it keeps the clock of the budget.
	EventHeartbeat EventType = "Heartbeat"
	// EventNote tells the user something: which algorithm was chosen, why nothing moves.
	EventNote EventType = "Note"

	EventPaused  EventType = "Paused"
	EventResumed EventType = "Resumed"
	// EventEdited replaces budget, parallelism and stop rules.
	EventEdited EventType = "Edited"
	// EventDraining lets the running trials finish and starts no new ones; then the experiment is stopped.
	EventDraining EventType = "Draining"
	// EventEnded ends the experiment: State, Reason, Message.
	EventEnded EventType = "Ended"
	// EventReopened makes an ended experiment run again.
	EventReopened EventType = "Reopened"
	// EventEnqueued puts a point into the queue: Parameters.
	EventEnqueued EventType = "Enqueued"

	// EventTrialCreated creates a trial: Trial, Parameters, Origin and what the algorithm attached.
	EventTrialCreated EventType = "TrialCreated"
	// EventTrialStarted begins an attempt: Trial, Attempt, and of an external one Client and Lease. It is
	// recorded before anything is started.
	EventTrialStarted EventType = "TrialStarted"
	// EventTrialStopping says that a running trial is being asked to end, and why: Reason, Message.
	EventTrialStopping EventType = "TrialStopping"
	// EventTrialRequeued takes a running trial back to Pending: Reason, Message, and Charged if the
	// attempt counts as a retry.
	EventTrialRequeued EventType = "TrialRequeued"
	// EventTrialEnded ends a trial: State, Reason, Message, Value, Metrics, and of one that was told a digest
	// of that in Told.
	EventTrialEnded EventType = "TrialEnded"
	// EventTrialRetried takes an ended trial back to Pending, as its user asked.
	EventTrialRetried EventType = "TrialRetried"
	// EventTrialImported adds a finished trial from elsewhere: Trial, Parameters, State, Value, Metrics.
	EventTrialImported EventType = "TrialImported"
)

// Event is something that happened to an experiment. Events are numbered from 1 for each experiment and
// never change; all status follows from them by Fold. Which of the fields are set, its type says.
type Event struct {
	Sequence int64     `json:"sequence"`
	Time     time.Time `json:"time"`
	Type     EventType `json:"type"`

	Trial      int               `json:"trial,omitempty"`
	Attempt    int               `json:"attempt,omitempty"`
	State      string            `json:"state,omitempty"`
	Reason     Reason            `json:"reason,omitempty"`
	Message    string            `json:"message,omitempty"`
	Parameters Assignments       `json:"parameters,omitempty"`
	Origin     Origin            `json:"origin,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
	Parent     int               `json:"parent,omitempty"`
	Fidelity   float64           `json:"fidelity,omitempty"`
	Charged    bool              `json:"charged,omitempty"`
	// Began is when the attempt's program began, where that is known: an attempt may have waited for a place.
	Began time.Time `json:"began,omitzero"`
	// Ended is when the trial's program ended, where that is known: it may have been while nobody was there to
	// record it.
	Ended   time.Time        `json:"ended,omitzero"`
	Value   *Float           `json:"value,omitempty"`
	Metrics map[string]Float `json:"metrics,omitempty"`
	Limits  *Limits          `json:"limits,omitempty"`
	Client  string           `json:"client,omitempty"`
	Lease   Duration         `json:"lease,omitzero"`
	Told    string           `json:"told,omitempty"`
	// Submitted marks limits that came with an experiment file rather than from an edit.
	Submitted bool `json:"submitted,omitempty"`
}

// Limits are the parts of a spec that may change while the experiment lives.
type Limits struct {
	Budget      Budget    `json:"budget"`
	Parallelism int       `json:"parallelism"`
	Stop        StopRules `json:"stop"`
}

// Limits returns the parts of the spec that may change.
func (s Spec) Limits() Limits {
	return Limits{Budget: s.Budget, Parallelism: s.Parallelism, Stop: s.Stop}
}
