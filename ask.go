package hone

import (
	"context"
	"time"
)

// AskLimit is how many trials one call may ask for.
const AskLimit = 1000

// Limits of what an ask may say.
const (
	ClientLimit   = 255 // bytes of the name of a client
	ShortestLease = time.Second
	LongestLease  = 30 * 24 * time.Hour
)

// AskRequest asks for trials of an external experiment, to be run by whoever asks.
type AskRequest struct {
	// Count is how many trials are wanted, from 1 (also when it is 0) to AskLimit.
	Count int `json:"count,omitempty"`
	// Client names one sequential worker: its own unfinished trials come first, so that asking again after
	// a lost answer gives the same ones. Without it, every call gives trials that nobody has.
	Client string `json:"client,omitempty"`
	// Lease is how long the worker may be silent before it loses the trial; 0 for as long as it likes. Each
	// ask of the client that gives the trial again and each call that measures renews it.
	Lease Duration `json:"lease,omitzero"`
}

// Validate says what is wrong with the request: FieldErrors.
func (r AskRequest) Validate() error {
	var errs FieldErrors
	errs.within("count", r.Count, 0, AskLimit)
	if len(r.Client) > ClientLimit {
		errs.add("client", "has %d bytes; at most %d are allowed", len(r.Client), ClientLimit)
	}
	if d := time.Duration(r.Lease); d != 0 && (d < ShortestLease || d > LongestLease) {
		errs.add("lease", "must be from %s to %s, not %s", Duration(ShortestLease), Duration(LongestLease), r.Lease)
	}
	return errs.Err()
}

// AskReply holds the trials that were given, and how the experiment stands.
type AskReply struct {
	Trials []Trial
	State  ExperimentState
	// Reason says why there are fewer trials than were wanted; "" when there are not.
	Reason Reason
	// RetryAfter is when asking again makes sense; 0 when it does not.
	RetryAfter Duration
}

// Why an ask gave fewer trials than were wanted. Beside these, the reasons why experiments end are used.
const (
	ParallelismReached Reason = "Parallelism" // as many trials run as spec.parallelism allows
	Paused             Reason = "Paused"
	Draining           Reason = "Draining"   // the experiment takes no new trials and is stopped when the last has ended
	Suggesting         Reason = "Suggesting" // the algorithm is still at work, or does not answer
)

// TellRequest says how a trial that was asked for has ended.
type TellRequest struct {
	// Attempt is the one that was asked for; 0 for whichever is the trial's latest.
	Attempt int `json:"attempt,omitempty"`
	// State is Succeeded, Failed, EarlyStopped or Stopped. A trial that was told to stop early and tells
	// Succeeded has been EarlyStopped.
	State TrialState `json:"state"`
	// Metrics are the trial's observation, as they are. Without them its readings are reduced. Where the
	// objective is missing or not finite, the trial is Failed.
	Metrics map[string]Float `json:"metrics,omitempty"`
	// Message says more, of a failure for example.
	Message string `json:"message,omitempty"`
}

// MessageLimit is the most bytes of a message that a worker may tell.
const MessageLimit = 16 << 10

// Validate says what is wrong with the request: FieldErrors.
func (r TellRequest) Validate() error {
	var errs FieldErrors
	if r.Attempt < 0 {
		errs.add("attempt", "must not be negative")
	}
	if r.State == "" {
		errs.add("state", "is missing: Succeeded or Failed")
	}
	errs.oneOf("state", string(r.State), string(TrialSucceeded), string(TrialFailed), string(TrialEarlyStopped), string(TrialStopped))
	if len(r.Metrics) > MetricsLimit {
		errs.add("metrics", "are %d; at most %d are kept of a trial", len(r.Metrics), MetricsLimit)
	}
	for _, name := range sortedKeys(r.Metrics) {
		if name == "" || len(name) > MetricLimit {
			errs.add("metrics", "the name of a metric must have from 1 to %d bytes", MetricLimit)
		}
	}
	if len(r.Message) > MessageLimit {
		errs.add("message", "has %d bytes; at most %d are allowed", len(r.Message), MessageLimit)
	}
	return errs.Err()
}

// AskService hands out the trials of external experiments and takes their ends.
type AskService interface {
	// Ask gives up to the count of trials that are wanted. They are Running, and durable, when it returns.
	Ask(ctx context.Context, n Name, r AskRequest) (AskReply, error)
	// Tell ends a trial. Telling the same again gives the same answer; telling something else of a trial
	// that has ended, or for an attempt that another one has superseded, is a Conflict.
	Tell(ctx context.Context, n Name, number int, r TellRequest) (Trial, error)
}
