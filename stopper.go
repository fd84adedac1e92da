package hone

// Verdict is what an early stopping rule says of a running trial.
type Verdict struct {
	Stop bool
	Why  string // for people: "best 0.71 by step 4 is below the median 0.83"
}

// EarlyStopper ends trials before their time. It is made for one experiment and used by one goroutine at
// a time. Curves are the readings of the objective, by step.
type EarlyStopper interface {
	// Finished tells it the curve of a trial that ended, in the order of finishing.
	Finished(curve []Measurement)
	// Judge says whether a running trial should end now.
	Judge(curve []Measurement) Verdict
}
