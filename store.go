package hone

import (
	"context"
	"time"
)

// Every method of a store is safe for concurrent use. Stores copy in and out, or hand out what nobody
// changes. What a method that writes has acknowledged by returning nil is durable.

// ExperimentStore remembers experiments.
type ExperimentStore interface {
	// CreateExperiment stores a new experiment by its first event, which Fold is applied to. AlreadyExists
	// if its namespace and name are taken.
	CreateExperiment(ctx context.Context, e Experiment, created Event) (Experiment, error)
	// Experiment returns one by name; NotFound if there is none.
	Experiment(ctx context.Context, namespace, name string) (Experiment, error)
	// Experiments lists by namespace, then name.
	Experiments(ctx context.Context, f ExperimentFilter) (ExperimentPage, error)
	// DeleteExperiment removes an experiment with all its trials, events and measurements.
	DeleteExperiment(ctx context.Context, uid string) error
}

// ExperimentFilter chooses experiments. Zero fields choose everything.
type ExperimentFilter struct {
	Namespace string
	// Namespaces are the only ones that the caller may know of; none means all. It does not travel: the
	// server that knows its caller sets it.
	Namespaces []string
	State      ExperimentState
	Limit      int    // at most so many; 0 means 1000
	Cursor     string // of the page before
}

// ExperimentPage is one page of a list.
type ExperimentPage struct {
	Experiments []Experiment `json:"experiments"`
	Cursor      string       `json:"cursor,omitempty"` // of the next page; empty on the last one
}

// EventStore is the only way to change an experiment and its trials.
type EventStore interface {
	// Record folds events, in their order, into the experiment and its trials and stores all of it in one
	// transaction: all events or none. Their Sequence must go on from the experiment's; Conflict if it
	// does not, or if Fold refuses one.
	Record(ctx context.Context, uid string, events ...Event) (Experiment, error)
	// Conclude is Append for some batches and then Record, all in one transaction: the last readings of
	// attempts together with their ends.
	Conclude(ctx context.Context, uid string, readings []Batch, events ...Event) (Experiment, error)
	// Events returns up to limit events after a sequence number.
	Events(ctx context.Context, uid string, after int64, limit int) ([]Event, error)
}

// TrialStore reads trials.
type TrialStore interface {
	// Trial returns one by number; NotFound if there is none.
	Trial(ctx context.Context, uid string, number int) (Trial, error)
	// Trials lists by number.
	Trials(ctx context.Context, uid string, f TrialFilter) ([]Trial, error)
	// Ranking returns the first n trials of the leaderboard (0 means all): those with a finite value, best
	// first, ties by number; then those without, by number. Imported ones are left out unless asked for.
	// It reads no more than it returns.
	Ranking(ctx context.Context, uid string, n int, imported bool) ([]Trial, error)
	// Finished lists the ended trials in the order of finishing.
	Finished(ctx context.Context, uid string) ([]Trial, error)
}

// TrialFilter chooses trials. Zero fields choose everything.
type TrialFilter struct {
	States []TrialState
	After  int // only numbers beyond it
	Limit  int // at most so many; 0 for all
}

// MeasurementStore remembers readings: whole curves.
type MeasurementStore interface {
	// Append stores a batch of a trial's attempt. With a Sequence: one that was stored before is
	// acknowledged and not stored again, one that skips ahead is a SequenceError. It returns the sequence
	// number that the next batch must carry.
	Append(ctx context.Context, uid string, b Batch) (next int64, err error)
	// Batches returns all batches of a trial, in no particular order; Readings makes a curve of them.
	Batches(ctx context.Context, uid string, number int) ([]Batch, error)
	// Cursor returns the newest batch's sequence number and cursor; 0 and nil if there is none.
	Cursor(ctx context.Context, uid string, number, attempt int, source string) (sequence int64, cursor []byte, err error)
}

// BatchQueue is a MeasurementStore that puts batches in line without waiting for the disk, so that many
// batches of one trial can be on their way at once and yet keep their order.
type BatchQueue interface {
	// QueueBatch is Append in two steps: when it returns, the batch has its place behind all that were put in
	// line before. wait, which must be called and at once, waits until the batch is stored, as Append does.
	QueueBatch(ctx context.Context, uid string, b Batch) (wait func() (next int64, err error), err error)
}

// Store is everything that is remembered.
type Store interface {
	ExperimentStore
	EventStore
	TrialStore
	MeasurementStore
	Close() error
}

// Fencer is a store that takes writes from the newest of its owners only. Where a lock cannot be trusted, since its holder
// may have been frozen while somebody else took it, each owner has a token, which grows from one to the next.
type Fencer interface {
	// Fence says by which token this process owns the store. The highest one is remembered, beyond the end of the
	// process; a lower one is a FenceError. From then on, every write through this store is one too when another process
	// has come with a higher token, and nothing of it is stored.
	Fence(ctx context.Context, token int64) error
}

// NamespaceLister is a store that knows its namespaces without reading all experiments.
type NamespaceLister interface {
	// Namespaces lists those in which there are experiments, sorted.
	Namespaces(ctx context.Context) ([]string, error)
}

// Clock tells the time; time.Now outside of tests.
type Clock func() time.Time
