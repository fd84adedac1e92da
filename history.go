package hone

import "math"

// Outcome is one finished trial, as algorithms see it.
type Outcome struct {
	Number     int
	Parameters Assignments
	State      TrialState
	// Value is the objective's value: NaN when the trial has none, which makes it infeasible.
	Value float64
	// Labels, Parent and Fidelity are what the algorithm attached to its suggestion.
	Labels   map[string]string
	Parent   int
	Fidelity float64
	Imported bool
	// Finished is the place in the order of finishing; it grows along a history.
	Finished int
}

// OutcomeOf makes the outcome of an ended trial.
func OutcomeOf(t Trial) Outcome {
	o := Outcome{Number: t.Number, Parameters: t.Parameters, State: t.State, Value: math.NaN(), Labels: t.Labels,
		Parent: t.Parent, Fidelity: t.Fidelity, Imported: t.Origin == OriginImported, Finished: t.Finished}
	if t.Ranked() {
		o.Value = float64(*t.Value)
	}
	return o
}

// Feasible reports whether the trial has a value that can be learned from.
func (o Outcome) Feasible() bool { return Float(o.Value).Finite() }

// History is the finished trials of one experiment in the order of finishing: an append-only view.
// Append makes a longer view and leaves this one as it is, without copying. A view may be read by
// many at once; only the newest view of a history may be appended to, by one goroutine. A trial that is
// retried leaves the history, which then gets another ID; its new end is a new entry.
type History struct {
	id      string
	entries []Outcome
}

// NewHistory makes a history of outcomes, which it takes over. The ID must be another for every
// experiment, and another whenever entries of the same experiment are taken out.
func NewHistory(id string, entries ...Outcome) History { return History{id: id, entries: entries} }

// ID identifies the history that this is a view of. Two views with one ID agree on all entries that both
// have, so that caches can go by ID and Len.
func (h History) ID() string { return h.id }

// Len counts the entries.
func (h History) Len() int { return len(h.entries) }

// At returns the i-th entry, 0 ≤ i < Len().
func (h History) At(i int) Outcome { return h.entries[i] }

// Outcomes returns all entries. The slice must not be changed.
func (h History) Outcomes() []Outcome { return h.entries[:len(h.entries):len(h.entries)] }

// Upto returns the view of the first n entries, 0 ≤ n ≤ Len().
func (h History) Upto(n int) History { return History{id: h.id, entries: h.entries[:n]} }

// Append returns the view with one more entry.
func (h History) Append(o Outcome) History {
	h.entries = append(h.entries, o)
	return h
}
