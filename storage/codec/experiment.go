package codec

import (
	"time"

	"github.com/hone-tuner/hone"
)

// EncodeExperiment writes what never changes of an experiment: all but its State.
func EncodeExperiment(e hone.Experiment) ([]byte, error) {
	e.Created, e.Status = time.Time{}, hone.Status{}
	e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = hone.Budget{}, 0, hone.StopRules{}
	return encode("experiment "+e.Name, e)
}

// DecodeExperiment reads what EncodeExperiment wrote.
func DecodeExperiment(record []byte) (hone.Experiment, error) {
	var e hone.Experiment
	return e, decode("an experiment", record, &e)
}

// State is what events change of an experiment. It is stored apart from the rest, because it is written
// with every event.
type State struct {
	Created time.Time   `json:"created"`
	Status  hone.Status `json:"status"`
	Limits  hone.Limits `json:"limits"`
}

// EncodeState writes what events change of an experiment.
func EncodeState(e hone.Experiment) ([]byte, error) {
	return encode("the state of experiment "+e.Name, State{Created: e.Created, Status: e.Status, Limits: e.Spec.Limits()})
}

// DecodeState reads what EncodeState wrote.
func DecodeState(record []byte) (State, error) {
	var s State
	return s, decode("the state of an experiment", record, &s)
}

// Of puts the state into the experiment that it belongs to.
func (s State) Of(e hone.Experiment) hone.Experiment {
	e.Created, e.Status = s.Created, s.Status
	e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = s.Limits.Budget, s.Limits.Parallelism, s.Limits.Stop
	return e
}
