package hone

import "time"

// Status is how far an experiment has come. It is a fold over the experiment's events and is never set
// by hand.
type Status struct {
	State     ExperimentState `json:"state"`
	Reason    Reason          `json:"reason,omitempty"`
	Message   string          `json:"message,omitempty"`
	Counts    Counts          `json:"counts"`
	Best      *Best           `json:"best,omitempty"`
	StartTime *time.Time      `json:"startTime,omitempty"`
	EndTime   *time.Time      `json:"endTime,omitempty"`

	// Submitted are the limits of the experiment file that was handed in last. Limits that were edited since
	// stay in force until a file says something new.
	Submitted *Limits `json:"submitted,omitempty"`
	// Draining is set while the running trials may finish before the experiment is stopped.
	Draining bool `json:"draining,omitempty"`
	// Created counts the trials that count for the budget: all but the imported ones.
	Created int `json:"created,omitempty"`
	// Imported counts the imported trials; they are in no other count.
	Imported int `json:"imported,omitempty"`
	// Finished counts the ends of trials: the place of the newest in the order of finishing.
	Finished int `json:"finished,omitempty"`
	// Events is the sequence number of the newest event.
	Events int64 `json:"events"`
	// Active is the time in state Running while a process was running the experiment.
	Active Duration `json:"active,omitzero"`
	// Seen is when the process that runs the experiment was last heard of; zero while none does.
	Seen time.Time `json:"seen,omitzero"`
	// InitialUsed counts the points of spec.initial that have become trials.
	InitialUsed int `json:"initialUsed,omitempty"`
	// Queue holds the enqueued points that have not become trials yet.
	Queue []Assignments `json:"queue,omitempty"`
}

// Trials counts all trials, imported ones too; the next trial's number is one more.
func (s Status) Trials() int { return s.Created + s.Imported }

// Best is the best trial so far.
type Best struct {
	Trial      string      `json:"trial"`
	Number     int         `json:"number"`
	Value      Float       `json:"value"`
	Parameters Assignments `json:"parameters"`
}

// Counts are the numbers of trials in each state, imported ones left out.
type Counts struct {
	Pending      int `json:"Pending,omitempty"`
	Running      int `json:"Running,omitempty"`
	Succeeded    int `json:"Succeeded,omitempty"`
	Failed       int `json:"Failed,omitempty"`
	EarlyStopped int `json:"EarlyStopped,omitempty"`
	Stopped      int `json:"Stopped,omitempty"`
}

// Of returns the count of one state.
func (c *Counts) Of(s TrialState) int {
	if p := c.field(s); p != nil {
		return *p
	}
	return 0
}

// Live counts the trials that have not ended.
func (c Counts) Live() int { return c.Pending + c.Running }

// Ended counts the trials that have.
func (c Counts) Ended() int { return c.Succeeded + c.Failed + c.EarlyStopped + c.Stopped }

func (c *Counts) add(s TrialState, n int) {
	if p := c.field(s); p != nil {
		*p += n
	}
}

func (c *Counts) field(s TrialState) *int {
	switch s {
	case TrialPending:
		return &c.Pending
	case TrialRunning:
		return &c.Running
	case TrialSucceeded:
		return &c.Succeeded
	case TrialFailed:
		return &c.Failed
	case TrialEarlyStopped:
		return &c.EarlyStopped
	case TrialStopped:
		return &c.Stopped
	}
	return nil
}
