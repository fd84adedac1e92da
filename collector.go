package hone

import "context"

// Collection is one attempt to collect the metrics of.
type Collection struct {
	Spec      MetricsSpec
	Objective string // its metric
	Emission  Emission
	// Resume tells where an earlier collector of the same attempt stopped for a source; nil when it never
	// began.
	Resume func(source string) []byte
}

// Sink takes readings, in their order, and the cursor after them. When it returns nil they are durable.
type Sink func(ctx context.Context, source string, cursor []byte, ms []Measurement) error

// Seen is what a collector noticed besides the readings, for the message of a trial that failed.
type Seen struct {
	Names []string // names that looked like metrics but are not recorded, a few
	// Look reads the last lines of the output and recognises the usual cause in them; either may be empty.
	// It is called only for trials that failed. nil when there is no output.
	Look func() (tail []string, hint string)
}

// Collector turns what an attempt emits into measurements, while it runs.
type Collector interface {
	// Collect follows the emission and hands readings to the sink soon after they were written. When ended
	// is closed the attempt writes no more: Collect reads what is left and returns. An error of the sink, or
	// ctx, ends it early.
	Collect(ctx context.Context, c Collection, ended <-chan struct{}, sink Sink) (Seen, error)
}
