package katib

import (
	"math"
	"strconv"
	"time"

	"github.com/hone-tuner/hone"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// Question is what a service is told of an experiment besides the request.
type Question struct {
	// Experiment is the name that the service knows the experiment by, and Trials the first part of the names of
	// its trials.
	Experiment, Trials string
	// Algorithm and Settings are the service's own.
	Algorithm   string
	Settings    map[string]string
	Parameters  []hone.Parameter
	Objective   hone.Objective
	Parallelism int
	Budget      int
}

// Message describes the experiment, without any trials.
func (q Question) Message() *pb.Experiment {
	return &pb.Experiment{Name: q.Experiment, Spec: &pb.ExperimentSpec{
		ParameterSpecs:     &pb.ExperimentSpec_ParameterSpecs{Parameters: specs(q.Parameters)},
		Objective:          objective(q.Objective),
		Algorithm:          &pb.AlgorithmSpec{AlgorithmName: q.Algorithm, AlgorithmSettings: settingsOf(q.Settings)},
		ParallelTrialCount: bounded(q.Parallelism), MaxTrialCount: bounded(q.Budget),
	}}
}

// Ask makes the request of a suggestion, with what the service wanted to have back.
func Ask(q Question, r hone.Request) *pb.GetSuggestionsRequest {
	q.Settings = merged(q.Settings, kept(r))
	out := &pb.GetSuggestionsRequest{Experiment: q.Message(), CurrentRequestNumber: bounded(r.Count),
		TotalRequestNumber: bounded(r.Number - 1 + r.Count), Trials: make([]*pb.Trial, 0, r.History.Len()+len(r.Pending))}
	w := newWriter(q.Parameters)
	for i := range r.History.Len() {
		o := r.History.At(i)
		t := q.trial(w, o.Number, o.Parameters, o.Labels)
		t.Status.Condition = condition(o)
		t.Status.CompletionTime = clock(finishing, i)
		if o.Feasible() {
			t.Status.Observation = &pb.Observation{Metrics: []*pb.Metric{{Name: q.Objective.Metric, Value: strconv.FormatFloat(o.Value, 'g', -1, 64)}}}
		}
		out.Trials = append(out.Trials, t)
	}
	for _, p := range r.Pending {
		t := q.trial(w, p.Number, p.Parameters, p.Labels)
		t.Status.Condition = pb.TrialStatus_RUNNING
		out.Trials = append(out.Trials, t)
	}
	return out
}

// writer writes the values of parameters.
type writer []map[hone.Value]string

func newWriter(parameters []hone.Parameter) writer {
	w := make(writer, len(parameters))
	for i, p := range parameters {
		w[i] = make(map[hone.Value]string, len(p.Values))
		for k, text := range spellings(p) {
			w[i][p.Values[k]] = text
		}
	}
	return w
}

func (w writer) text(parameter int, v hone.Value) string {
	if text, ok := w[parameter][v]; ok {
		return text
	}
	return v.String()
}

// trial describes a trial that has begun. It gets a value for every parameter, since services know no
// conditions: inactive ones are in the middle of their range.
func (q Question) trial(w writer, number int, a hone.Assignments, labels map[string]string) *pb.Trial {
	assignments := make([]*pb.ParameterAssignment, len(q.Parameters))
	for i, p := range q.Parameters {
		v, ok := a.Get(p.Name)
		if !ok {
			v = middle(p)
		}
		assignments[i] = &pb.ParameterAssignment{Name: p.Name, Value: w.text(i, v)}
	}
	return &pb.Trial{Name: trialName(q.Trials, number, labels),
		Spec: &pb.TrialSpec{Objective: objective(q.Objective), Labels: serviceLabels(labels),
			ParameterAssignments: &pb.TrialSpec_ParameterAssignments{Assignments: assignments}},
		Status: &pb.TrialStatus{StartTime: clock(beginning, number)}}
}

// The times of trials are a clock of their own, which ticks a second for each trial: they tell the order of
// beginning and of finishing, which is what a suggestion may depend on, and are the same after a restart.
const (
	beginning = 946_684_800 // the year 2000
	finishing = 978_307_200 // the year 2001: more trials than an experiment can have later
	layout    = "2006-01-02T15:04:05Z"
)

func clock(from int64, tick int) string {
	return time.Unix(from+int64(tick), 0).UTC().Format(layout)
}

// condition is how a trial ended. An end without a value is a failure, whatever it is called.
func condition(o hone.Outcome) pb.TrialStatus_TrialConditionType {
	switch {
	case o.State == hone.TrialStopped:
		return pb.TrialStatus_KILLED
	case !o.Feasible():
		return pb.TrialStatus_FAILED
	case o.State == hone.TrialEarlyStopped:
		return pb.TrialStatus_EARLYSTOPPED
	}
	return pb.TrialStatus_SUCCEEDED
}

func objective(o hone.Objective) *pb.ObjectiveSpec {
	out := &pb.ObjectiveSpec{Type: pb.ObjectiveType_MINIMIZE, ObjectiveMetricName: o.Metric}
	if o.Goal == hone.Maximize {
		out.Type = pb.ObjectiveType_MAXIMIZE
	}
	if o.Target != nil {
		out.Goal = *o.Target
	}
	return out
}

func merged(settings, over map[string]string) map[string]string {
	out := make(map[string]string, len(settings)+len(over))
	for _, from := range []map[string]string{settings, over} {
		for name, value := range from {
			out[name] = value
		}
	}
	return out
}

func bounded(n int) int32 { return int32(min(max(n, 0), math.MaxInt32)) } //nolint:gosec // just bounded

// Answer reads the reply to a request: as many suggestions as it has, each with what the service wants to have
// back. The points lie within the ranges of the active parameters; constraints are not looked at. The error
// says what in the reply is nonsense.
func Answer(q Question, r hone.Request, reply *pb.GetSuggestionsReply) ([]hone.Suggestion, error) {
	before := kept(r)
	settings, changed, err := keep(before, merged(q.Settings, before), reply.GetAlgorithm())
	if err != nil {
		return nil, err
	}
	in := newReader(q.Parameters)
	var named map[string]bool // made when it is needed
	var out []hone.Suggestion
	for i, a := range reply.GetParameterAssignments() {
		point, err := in.point(a.GetAssignments())
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "suggestion %d: %w", i+1, err)
		}
		labels, err := labelsOf(a)
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "suggestion %d: %w", i+1, err)
		}
		if name := a.GetTrialName(); name != "" {
			if named == nil {
				named = q.names(r)
			}
			if named[name] {
				return nil, hone.Errorf(hone.InvalidArgument, "suggestion %d: there is a trial %q already", i+1, name)
			}
			named[name] = true
		}
		if i == 0 && changed { // the first one is never dropped
			labels[settingsLabel] = settings
		}
		if len(labels) == 0 {
			labels = nil
		}
		out = append(out, hone.Suggestion{Parameters: point, Labels: labels})
	}
	return out, nil
}

// names are those that the service knows trials by.
func (q Question) names(r hone.Request) map[string]bool {
	names := make(map[string]bool, r.History.Len()+len(r.Pending)+r.Count)
	for i := range r.History.Len() {
		o := r.History.At(i)
		names[trialName(q.Trials, o.Number, o.Labels)] = true
	}
	for _, p := range r.Pending {
		names[trialName(q.Trials, p.Number, p.Labels)] = true
	}
	return names
}

// point reads a point. Values of parameters that are not active in it are left out.
func (r reader) point(assignments []*pb.ParameterAssignment) (hone.Assignments, error) {
	given := make(map[string]string, len(assignments))
	for _, a := range assignments {
		if _, twice := given[a.GetName()]; twice {
			return nil, hone.Errorf(hone.InvalidArgument, "%q has two values", a.GetName())
		}
		given[a.GetName()] = a.GetValue()
	}
	point := make(hone.Assignments, 0, len(r.parameters))
	for i, p := range r.parameters {
		text, ok := given[p.Name]
		delete(given, p.Name)
		if !active(p, point) {
			continue
		}
		if !ok {
			return nil, hone.Errorf(hone.InvalidArgument, "%q has no value", p.Name)
		}
		v, err := parse(p, r.written[i], text)
		if err != nil {
			return nil, err
		}
		point = append(point, hone.Assignment{Parameter: p.Name, Value: v})
	}
	for name := range given {
		return nil, hone.Errorf(hone.InvalidArgument, "there is no parameter %q", name)
	}
	return point, nil
}
