package hone

import "context"

// Suggestion is a proposed point that has not become a trial yet.
type Suggestion struct {
	Parameters Assignments
	Labels     map[string]string // the algorithm's own; stored with the trial
	Parent     int               // number of the trial that this one continues; 0 for none
	Fidelity   float64           // share of a full run in (0, 1]; 0 means a full run
	// Note tells the user something worth an event, such as which algorithm was chosen.
	Note string
}

// Pending is a trial that an algorithm must reckon with though it has no value yet.
type Pending struct {
	Number     int
	Parameters Assignments
	Labels     map[string]string
}

// Request is what an algorithm knows when it is asked. A suggestion is a pure function of it.
type Request struct {
	Space     *Space
	Objective Objective
	Settings  map[string]Value
	// Seed is the experiment's. Together with Number it is the only source of randomness.
	Seed uint64
	// Number is the number that the trial of the first suggestion will have.
	Number int
	// Count is how many suggestions are wanted. Eight at once are the same as eight in turn, each with the
	// ones before it among the pending.
	Count int
	// Budget is how many trials the experiment may have; 0 when that is open.
	Budget  int
	History History
	// Pending are the trials that have not ended, by number.
	Pending []Pending
}

// Algorithm proposes points. It is made for one experiment and asked by one goroutine at a time. It may
// keep a cache for speed; dropping it changes nothing but time.
type Algorithm interface {
	// Suggest returns up to Count points that lie in the space and break no constraint. Fewer mean that
	// the space has no others.
	Suggest(ctx context.Context, r Request) ([]Suggestion, error)
}

// Suggester finds the algorithm that an experiment names and asks it.
type Suggester interface {
	// Suggest answers as the experiment's algorithm does, checked: every point lies in the space, and none
	// stands in the history or among the pending while the space has others. Fewer than Count mean that
	// the space is exhausted.
	Suggest(ctx context.Context, experimentUID string, algorithm AlgorithmSpec, r Request) ([]Suggestion, error)
	// Forget drops what is kept for an experiment.
	Forget(experimentUID string)
}
