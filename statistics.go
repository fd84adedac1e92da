package hone

import "context"

// Statistics are what the engine of a service counts. They cost little enough to be asked for every few
// seconds.
type Statistics struct {
	// Experiments counts the stored experiments by state.
	Experiments map[ExperimentState]int
	// Driven counts the experiments that are being run now, and Loaded those that are in memory.
	Driven, Loaded int
	// Trials counts the trials of all stored experiments by state, imported ones left out.
	Trials Counts
	// Ends counts the trials that have ended since the start of the process, by state and reason.
	Ends map[TrialEnd]int64
	// Places are those that trials take which this service runs itself.
	Places Places
	// Askers counts the calls of Ask that are being answered now.
	Askers int
	// Suggestions is how long algorithms took, in seconds, and SuggestionFailures counts the questions that
	// they did not answer.
	Suggestions        Histogram
	SuggestionFailures int64
	// Appends is how long it took, in seconds, until a batch of measurements was durable.
	Appends Histogram
}

// TrialEnd is how a trial ended. The Reason is empty when it succeeded.
type TrialEnd struct {
	State  TrialState
	Reason Reason
}

// Places are what trials need to run at once.
type Places struct {
	// Used counts the trials that run or are about to, and Limit is how many may; 0 for any number.
	Used, Limit int
	// NamespaceLimit is how many may in each namespace; 0 for any number.
	NamespaceLimit int
	// Waiting counts the trials that would run at once if there were more places.
	Waiting int
	// Namespaces are the places by namespace.
	Namespaces map[string]NamespacePlaces
}

// NamespacePlaces are the places that one namespace uses and waits for.
type NamespacePlaces struct{ Used, Waiting int }

// Histogram counts values by size, as Prometheus does.
type Histogram struct {
	// Bounds are the upper bounds of the buckets, ascending; Counts has one more entry, for what is larger
	// than all of them. An entry counts only what is in its own bucket.
	Bounds []float64
	Counts []uint64
	// Sum is that of all values.
	Sum float64
}

// Count is the number of all values.
func (h Histogram) Count() (n uint64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Statistician counts what happens in it.
type Statistician interface {
	Statistics(ctx context.Context) (Statistics, error)
}
