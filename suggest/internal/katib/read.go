package katib

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// Task is a request for suggestions in Hone's words.
type Task struct {
	// Experiment and Algorithm are as the caller calls them; Settings are the caller's too.
	Experiment, Algorithm string
	Settings              map[string]string
	Space                 hone.SearchSpace
	Objective             hone.Objective
	Number, Count, Budget int
	// Ended are the finished trials in the order of finishing; ties by the beginning, then by the name.
	Ended   []hone.Outcome
	Pending []hone.Pending
	// places says at which place the parameters stand that the caller calls so.
	places map[string]int
}

// Experiment reads what a request says of the experiment.
func Experiment(e *pb.Experiment) (Task, error) {
	spec := e.GetSpec()
	t := Task{Experiment: e.GetName(), Algorithm: spec.GetAlgorithm().GetAlgorithmName(), Settings: map[string]string{},
		Objective: hone.Objective{Metric: spec.GetObjective().GetObjectiveMetricName(), Goal: hone.Minimize},
		Budget:    int(spec.GetMaxTrialCount())}
	for _, s := range spec.GetAlgorithm().GetAlgorithmSettings() {
		if _, twice := t.Settings[s.GetName()]; twice {
			return t, hone.Errorf(hone.InvalidArgument, "the setting %q is given twice", s.GetName())
		}
		t.Settings[s.GetName()] = s.GetValue()
	}
	switch spec.GetObjective().GetType() {
	case pb.ObjectiveType_MAXIMIZE:
		t.Objective.Goal = hone.Maximize
	case pb.ObjectiveType_MINIMIZE:
	default:
		return t, hone.Errorf(hone.InvalidArgument, "the objective has the type %s: it must be MINIMIZE or MAXIMIZE", spec.GetObjective().GetType())
	}
	if goal := spec.GetObjective().GetGoal(); goal != 0 {
		t.Objective.Target = &goal
	}
	if t.Budget < 0 {
		return t, hone.Errorf(hone.InvalidArgument, "max_trial_count is %d", t.Budget)
	}
	var err error
	t.Space, t.places, err = spaceOf(spec)
	return t, err
}

// Read reads a request. What was called the newest trial of it has the highest number; a trial whose point does
// not lie in the space is left out, and keeps its number.
func Read(r *pb.GetSuggestionsRequest) (Task, error) {
	t, err := Experiment(r.GetExperiment())
	if err != nil {
		return t, err
	}
	t.Count = int(r.GetCurrentRequestNumber())
	if t.Count < 0 || t.Count > hone.MaxParallelism {
		return t, hone.Errorf(hone.InvalidArgument, "current_request_number is %d: it must be from 0 to %d", t.Count, hone.MaxParallelism)
	}
	trials := slices.Clone(r.GetTrials())
	slices.SortStableFunc(trials, func(a, b *pb.Trial) int {
		return cmp.Or(strings.Compare(a.GetStatus().GetStartTime(), b.GetStatus().GetStartTime()), strings.Compare(a.GetName(), b.GetName()))
	})
	t.Number = max(len(trials), int(r.GetTotalRequestNumber())-t.Count) + 1
	in := newReader(t.Space.Parameters)
	ended := map[int]string{} // the times of the ends, by number
	for i, trial := range trials {
		point, err := in.point(t.renamed(trial.GetSpec().GetParameterAssignments().GetAssignments()))
		if err != nil {
			continue
		}
		number, labels := i+1, trial.GetSpec().GetLabels()
		state, over := stateOf(trial.GetStatus().GetCondition())
		if !over {
			t.Pending = append(t.Pending, hone.Pending{Number: number, Parameters: point, Labels: labels})
			continue
		}
		ended[number] = trial.GetStatus().GetCompletionTime()
		o := hone.Outcome{Number: number, Parameters: point, State: state, Value: math.NaN(), Labels: labels}
		if state.Valued() {
			o.Value = observed(trial.GetStatus().GetObservation(), t.Objective.Metric)
		}
		if !o.Feasible() && state != hone.TrialStopped {
			o.Value, o.State = math.NaN(), hone.TrialFailed
		}
		t.Ended = append(t.Ended, o)
	}
	slices.SortStableFunc(t.Ended, func(a, b hone.Outcome) int { return strings.Compare(ended[a.Number], ended[b.Number]) })
	for i := range t.Ended {
		t.Ended[i].Finished = i + 1
	}
	return t, nil
}

// renamed calls the parameters of a point what they are called here.
func (t Task) renamed(assignments []*pb.ParameterAssignment) []*pb.ParameterAssignment {
	out := make([]*pb.ParameterAssignment, len(assignments))
	for i, a := range assignments {
		name := a.GetName()
		if at, ok := t.places[name]; ok {
			name = t.Space.Parameters[at].Name
		}
		out[i] = &pb.ParameterAssignment{Name: name, Value: a.GetValue()}
	}
	return out
}

// stateOf says how a trial ended, if it did.
func stateOf(c pb.TrialStatus_TrialConditionType) (state hone.TrialState, over bool) {
	switch c {
	case pb.TrialStatus_SUCCEEDED:
		return hone.TrialSucceeded, true
	case pb.TrialStatus_EARLYSTOPPED:
		return hone.TrialEarlyStopped, true
	case pb.TrialStatus_KILLED:
		return hone.TrialStopped, true
	case pb.TrialStatus_FAILED, pb.TrialStatus_METRICSUNAVAILABLE:
		return hone.TrialFailed, true
	}
	return "", false
}

// observed is the value of the objective; NaN when there is none that is finite.
func observed(o *pb.Observation, metric string) float64 {
	for _, m := range o.GetMetrics() {
		if m.GetName() != metric {
			continue
		}
		if x, err := strconv.ParseFloat(strings.TrimSpace(m.GetValue()), 64); err == nil && hone.Float(x).Finite() {
			return x
		}
	}
	return math.NaN()
}

// Reply writes suggestions as the caller calls their parameters.
func (t Task) Reply(suggestions []hone.Suggestion) *pb.GetSuggestionsReply {
	out := &pb.GetSuggestionsReply{}
	names := make([]string, len(t.places))
	for name, at := range t.places {
		names[at] = name
	}
	for _, s := range suggestions {
		a := &pb.GetSuggestionsReply_ParameterAssignments{Labels: s.Labels}
		for i, p := range t.Space.Parameters {
			if v, ok := s.Parameters.Get(p.Name); ok {
				a.Assignments = append(a.Assignments, &pb.ParameterAssignment{Name: names[i], Value: v.String()})
			}
		}
		out.ParameterAssignments = append(out.ParameterAssignments, a)
	}
	return out
}
