package codec

import (
	"slices"

	"github.com/hone-tuner/hone"
)

// EncodeTrial writes a trial. The first byte is its state, so that a scan for a state need not decode.
func EncodeTrial(t hone.Trial) ([]byte, error) {
	record, err := encode("trial "+t.Name(), t)
	if err != nil {
		return nil, err
	}
	return slices.Insert(record, 0, stateByte(t.State)), nil
}

// DecodeTrial reads what EncodeTrial wrote. The name of the experiment is not part of it.
func DecodeTrial(record []byte, experiment string) (hone.Trial, error) {
	t := hone.Trial{Experiment: experiment}
	if len(record) == 0 {
		return t, hone.Errorf(hone.DataLoss, "the record of a trial is empty")
	}
	if err := decode("a trial", record[1:], &t); err != nil {
		return t, err
	}
	if stateByte(t.State) != record[0] {
		return t, hone.Errorf(hone.DataLoss, "the record of trial %s is damaged: its mark says another state than %s", t.Name(), t.State)
	}
	return t, nil
}

// InState reports whether the trial of a record is in one of the states. No states mean any.
func InState(record []byte, states []hone.TrialState) bool {
	if len(states) == 0 || len(record) == 0 {
		return true
	}
	return slices.ContainsFunc(states, func(s hone.TrialState) bool { return stateByte(s) == record[0] })
}

// stateByte is the place of a state in the list of all. New states go to the end of this table.
func stateByte(s hone.TrialState) byte {
	return byte('0' + slices.Index([]hone.TrialState{hone.TrialPending, hone.TrialRunning, hone.TrialSucceeded,
		hone.TrialFailed, hone.TrialEarlyStopped, hone.TrialStopped}, s))
}
