package contest

import (
	"context"
	"time"

	"github.com/hone-tuner/hone"
)

// Contestant is somebody who takes part.
type Contestant interface {
	// Info says who it is.
	Info() Info
	// Start begins one run. The error is of kind Unimplemented when the contestant cannot do this sort of space,
	// and of kind Unavailable when it cannot be had at all, as a program that is not installed.
	Start(ctx context.Context, s Setup) (Tuner, error)
}

// Info says who a contestant is.
type Info struct {
	// Name is what the tables call it; unique.
	Name string
	// Own marks an algorithm of Hone.
	Own bool
	// Slow contestants run only the small problems, with fewer seeds.
	Slow bool
}

// Setup is what a tuner knows at the start of a run. Everything is minimized.
type Setup struct {
	Space *hone.Space
	Seed  uint64
	// Trials is how many there will be.
	Trials int
	// Parallel is how many points will be asked for before the first of them is told.
	Parallel int
}

// Tuner plays one run.
type Tuner interface {
	// Version is that of the program behind it.
	Version() string
	// Ask proposes up to count points, fewer when there are no others, and tells how long it thought.
	Ask(ctx context.Context, count int) ([]Point, time.Duration, error)
	// Tell says what became of points, and how long it took the tuner to take note of it.
	Tell(ctx context.Context, results []Result) (time.Duration, error)
	// Close ends the run.
	Close() error
}

// Point is a point that a tuner proposes.
type Point struct {
	// ID is what a Result calls it.
	ID int
	// Parameters are nil when it is no point of the space at all.
	Parameters hone.Assignments
	// Fault says why it is none.
	Fault string
}

// Result is what became of a point.
type Result struct {
	ID int
	// Value is what was observed; NaN when the trial failed.
	Value float64
}
