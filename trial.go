package hone

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Trial is one evaluation: a point of the search space and what became of it. Its identity is the UID of
// its experiment, its number and its attempt. A trial is changed by folding events only.
type Trial struct {
	// Experiment is the name of the experiment.
	Experiment string `json:"-"`
	// Number counts the trials of an experiment from 1.
	Number int `json:"number"`
	// Attempt counts the starts of the trial from 1; 0 before the first.
	Attempt int `json:"attempt"`
	// Retries counts the attempts that were lost and charged to the limit of retries.
	Retries int        `json:"retries,omitempty"`
	State   TrialState `json:"state"`
	Reason  Reason     `json:"reason,omitempty"`
	Message string     `json:"message,omitempty"`
	// Stopping says why a running trial is being asked to end: StoppedEarly, Cancelled or Interrupted.
	Stopping   Reason      `json:"stopping,omitempty"`
	Parameters Assignments `json:"parameters"`
	// Value is the objective's value; nil when there is none. Only Succeeded and EarlyStopped trials have
	// one.
	Value     *Float           `json:"value,omitempty"`
	Metrics   map[string]Float `json:"metrics,omitempty"`
	StartTime *time.Time       `json:"startTime,omitempty"`
	EndTime   *time.Time       `json:"endTime,omitempty"`
	// Finished is the place in the order of finishing, from 1; 0 while the trial has not ended.
	Finished int `json:"finished,omitempty"`
	// Client is the worker that asked for the attempt of an external trial, if it gave a name.
	Client string `json:"client,omitempty"`
	// Lease is how long that worker may be silent; 0 for as long as it likes.
	Lease Duration `json:"lease,omitzero"`
	// Told is a digest of what its worker told, by which the same is known when it is told again; "" when
	// the trial did not end by being told.
	Told string `json:"told,omitempty"`
	// Origin says where the point came from.
	Origin Origin `json:"origin,omitempty"`
	// Labels, Parent and Fidelity belong to the algorithm that proposed the point.
	Labels   map[string]string `json:"labels,omitempty"`
	Parent   int               `json:"parent,omitempty"`
	Fidelity float64           `json:"fidelity,omitempty"`
}

// Origin says where the point of a trial came from.
type Origin string

// The origins of a point.
const (
	OriginAlgorithm Origin = ""
	OriginInitial   Origin = "initial"
	OriginEnqueued  Origin = "enqueued"
	OriginImported  Origin = "imported"
)

// Name is <experiment>-<number>, the number with at least four digits.
func (t Trial) Name() string { return TrialName(t.Experiment, t.Number) }

// Duration is the time from the start of the latest attempt to its end, or to now while it runs.
func (t Trial) Duration(now time.Time) time.Duration {
	switch {
	case t.StartTime == nil:
		return 0
	case t.EndTime != nil:
		return t.EndTime.Sub(*t.StartTime)
	case t.State == TrialRunning:
		return now.Sub(*t.StartTime)
	}
	return 0
}

// Ranked reports whether the trial has a finite value and so a place in the leaderboard.
func (t Trial) Ranked() bool { return t.Value != nil && t.Value.Finite() }

// TrialName is the name of the trial of an experiment with a number.
func TrialName(experiment string, number int) string {
	return fmt.Sprintf("%s-%04d", experiment, number)
}

// ParseTrialName splits the name of a trial into its experiment and number.
func ParseTrialName(name string) (experiment string, number int, err error) {
	i := strings.LastIndexByte(name, '-')
	if i > 0 {
		number, err = strconv.Atoi(name[i+1:])
	}
	if i <= 0 || err != nil || number < 1 || TrialName(name[:i], number) != name {
		return "", 0, Errorf(InvalidArgument, "%q is not the name of a trial; they look like digits-0017", name)
	}
	return name[:i], number, nil
}

// AttemptID identifies one attempt of one trial, in this experiment and no other of its name.
type AttemptID struct {
	UID     string `json:"uid"`
	Number  int    `json:"number"`
	Attempt int    `json:"attempt"`
}

func (id AttemptID) String() string { return fmt.Sprintf("%s/%d/%d", id.UID, id.Number, id.Attempt) }

// TrialState is where a trial stands.
type TrialState string

// The states of a trial.
const (
	TrialPending      TrialState = "Pending"
	TrialRunning      TrialState = "Running"
	TrialSucceeded    TrialState = "Succeeded"
	TrialFailed       TrialState = "Failed"
	TrialEarlyStopped TrialState = "EarlyStopped"
	TrialStopped      TrialState = "Stopped"
)

// Ended reports whether the state is an end.
func (s TrialState) Ended() bool {
	return s == TrialSucceeded || s == TrialFailed || s == TrialEarlyStopped || s == TrialStopped
}

// Valued reports whether trials that ended so can have a value.
func (s TrialState) Valued() bool { return s == TrialSucceeded || s == TrialEarlyStopped }

// TrialStates lists the states in the order of a trial's life.
func TrialStates() []TrialState {
	return []TrialState{TrialPending, TrialRunning, TrialSucceeded, TrialFailed, TrialEarlyStopped, TrialStopped}
}

// ExperimentState is where an experiment stands.
type ExperimentState string

// The states of an experiment.
const (
	ExperimentCreated   ExperimentState = "Created"
	ExperimentRunning   ExperimentState = "Running"
	ExperimentPaused    ExperimentState = "Paused"
	ExperimentSucceeded ExperimentState = "Succeeded"
	ExperimentFailed    ExperimentState = "Failed"
	ExperimentStopped   ExperimentState = "Stopped"
)

// Ended reports whether the state is an end.
func (s ExperimentState) Ended() bool {
	return s == ExperimentSucceeded || s == ExperimentFailed || s == ExperimentStopped
}

// ExperimentStates lists the states in the order of an experiment's life.
func ExperimentStates() []ExperimentState {
	return []ExperimentState{ExperimentCreated, ExperimentRunning, ExperimentPaused, ExperimentSucceeded,
		ExperimentFailed, ExperimentStopped}
}

// Reason says in one word why something ended.
type Reason string

// Why an experiment ended.
const (
	TargetReached   Reason = "TargetReached"
	BudgetSpent     Reason = "BudgetSpent"
	PlateauReached  Reason = "Plateau"
	SpaceExhausted  Reason = "SpaceExhausted"
	TooManyFailures Reason = "TooManyFailures"
	Cancelled       Reason = "Cancelled"
)

// Why a trial ended, or lost an attempt.
const (
	MetricsUnavailable Reason = "MetricsUnavailable" // it ended well without a reading of the objective
	NonFinite          Reason = "NonFinite"          // it ended well, but no reading was finite
	NonZeroExit        Reason = "NonZeroExit"
	StartFailed        Reason = "StartFailed" // the program could not be started
	TimedOut           Reason = "TimedOut"
	OutOfMemory        Reason = "OutOfMemory"
	Killed             Reason = "Killed"           // somebody else killed it
	Lost               Reason = "Lost"             // whoever ran it has vanished
	Preempted          Reason = "Preempted"        // its place was taken away
	Evicted            Reason = "Evicted"          // its node had no room for it any more, or was emptied
	NodeLost           Reason = "NodeLost"         // its node is gone or does not answer
	ImageUnavailable   Reason = "ImageUnavailable" // the image of its container cannot be had
	Unschedulable      Reason = "Unschedulable"    // no node took it for longer than the limit
	Refused            Reason = "Refused"          // the cluster does not let its pods be made
	Interrupted        Reason = "Interrupted"      // the user interrupted the process that ran the experiment
	StoppedEarly       Reason = "StoppedEarly"
	ExperimentEnded    Reason = "ExperimentEnded"
	Waiting            Reason = "Waiting" // a running trial's program has not begun yet; the message says what for it waits
	Told               Reason = "Told"    // the worker of an external trial told so
)

// Retryable reports whether the failure is not the program's own, so that a new attempt makes sense.
func (r Reason) Retryable() bool {
	return r == Killed || r == Lost || r == Preempted || r == Evicted || r == NodeLost
}

// Hopeless reports whether the next trial of the experiment would fail for the same reason, whatever its
// parameters.
func (r Reason) Hopeless() bool { return r == ImageUnavailable || r == Refused }
