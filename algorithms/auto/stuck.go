package auto

import "github.com/hone-tuner/hone"

// patience is how many trials in a row may bring nothing better before tpe takes turns with bayesian. A model
// that is wrong about a rugged function keeps looking in the wrong places, and tpe, which knows less, looks in others.
const patience = 10

// stuck reports whether the newest trials of the history have brought nothing better. It looks at results only,
// so that a batch is what its points would be one by one.
func stuck(r hone.Request) bool {
	best, since := hone.Outcome{}, -1
	for i, o := range r.History.Outcomes() {
		if o.Feasible() && (since < 0 || r.Objective.Better(o.Value, best.Value)) {
			best, since = o, i
		}
	}
	return r.History.Len()-1-since >= patience
}
