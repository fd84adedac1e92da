package katib_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/suggest/internal/katib"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

func TestKindsAndCodesAreOneToOne(t *testing.T) {
	for _, kind := range hone.Kinds() {
		require.NotEqual(t, codes.Unknown, katib.CodeOf(kind), "%s", kind)
		require.Equal(t, kind, katib.KindOf(katib.CodeOf(kind)))
		require.Equal(t, katib.CodeOf(kind), status.Code(katib.Status(hone.Errorf(kind, "x"))))
	}
	require.Equal(t, hone.Internal, katib.KindOf(codes.Unknown))
	require.NoError(t, katib.Status(nil))
	require.Equal(t, codes.Internal, status.Code(katib.Status(errors.New("x"))))
	require.Equal(t, codes.Canceled, status.Code(katib.Status(hone.Errorf(hone.Unavailable, "%w", context.Canceled))))
}

// parameters draws parameters without conditions.
func parameters(t *rapid.T) (out []hone.Parameter) {
	for i := range rapid.IntRange(1, 6).Draw(t, "parameters") {
		name := fmt.Sprintf("x%d", i)
		low := rapid.IntRange(1, 50).Draw(t, "min")
		high := low + rapid.IntRange(0, 50).Draw(t, "width")
		var p hone.Parameter
		switch rapid.IntRange(0, 4).Draw(t, "type") {
		case 0:
			p = hone.Double(name, float64(low)/7, float64(high)/7)
		case 1:
			p = hone.Int(name, low, high)
		case 2:
			p = hone.Double(name, float64(low)/10, float64(high+1)/10).By(0.1)
		case 3:
			p = hone.Discrete(name, 0.25, float64(low), float64(high)+1)
		default:
			p = hone.Categorical(name, "a", 1, "1", true, "true", `"1"`)
		}
		if p.Step == 0 && len(p.Values) == 0 && rapid.Bool().Draw(t, "log") {
			p = p.Log()
		}
		out = append(out, p)
	}
	return out
}

// request draws a request with trials of all kinds.
func request(t *rapid.T, space *hone.Space) hone.Request {
	r := hone.Request{Space: space, Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize}, Count: rapid.IntRange(1, 5).Draw(t, "count"), Budget: 40}
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	n := rapid.IntRange(0, 12).Draw(t, "trials")
	for i, number := range rng.Perm(n) {
		if i%4 == 3 {
			r.Pending = append(r.Pending, hone.Pending{Number: number + 1, Parameters: space.Draw(rng)})
			continue
		}
		o := hone.Outcome{Number: number + 1, Parameters: space.Draw(rng), State: hone.TrialSucceeded, Value: rng.NormFloat64() * 1e-9, Finished: r.History.Len() + 1}
		switch rng.IntN(6) {
		case 0:
			o.State, o.Value = hone.TrialFailed, math.NaN()
		case 1:
			o.State, o.Value = hone.TrialStopped, math.NaN()
		case 2:
			o.State = hone.TrialEarlyStopped
		}
		r.History = r.History.Append(o)
	}
	r.Number = n + 1
	return r
}

// What the service reads is what the caller was asked: the same points, in the same order, with the same numbers
// and values; and what it answers is what the caller reads.
func TestWhatIsSentIsWhatIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := parameters(t)
		space, err := hone.SearchSpace{Parameters: list}.Compile(nil)
		require.NoError(t, err)
		r := request(t, space)
		q := katib.Question{Experiment: "e", Trials: "e", Algorithm: "tpe", Settings: map[string]string{"a": "b"}, Parameters: list, Objective: r.Objective, Budget: r.Budget}
		data, err := proto.Marshal(katib.Ask(q, r))
		require.NoError(t, err)
		var message pb.GetSuggestionsRequest
		require.NoError(t, proto.Unmarshal(data, &message))
		task, err := katib.Read(&message)
		require.NoError(t, err)
		require.Equal(t, r.Number, task.Number)
		require.Equal(t, r.Count, task.Count)
		require.Equal(t, r.Budget, task.Budget)
		require.Equal(t, "tpe", task.Algorithm)
		require.Equal(t, q.Settings, task.Settings)
		there, err := task.Space.Compile(nil)
		require.NoError(t, err)
		require.Equal(t, space.Size(), there.Size())

		same := func(a, b hone.Assignments) {
			require.NoError(t, there.Check(b))
			require.Len(t, b, len(a))
			for i, p := range list {
				require.Equal(t, p.Index(a[i].Value), task.Space.Parameters[i].Index(b[i].Value))
				if p.Continuous() {
					require.Equal(t, a[i].Value, b[i].Value)
				}
			}
		}
		require.Len(t, task.Ended, r.History.Len())
		for i, o := range task.Ended {
			was := r.History.At(i)
			require.Equal(t, was.Number, o.Number)
			require.Equal(t, was.State, o.State)
			require.Equal(t, was.Finished, o.Finished)
			require.Equal(t, math.Float64bits(was.Value), math.Float64bits(o.Value), "%v, %v", was.Value, o.Value)
			same(was.Parameters, o.Parameters)
		}
		require.Len(t, task.Pending, len(r.Pending))

		var proposed []hone.Suggestion
		rng := rand.New(rand.NewPCG(1, 2))
		for range r.Count {
			proposed = append(proposed, hone.Suggestion{Parameters: there.Draw(rng), Labels: map[string]string{"k": "v"}})
		}
		got, err := katib.Answer(q, r, task.Reply(proposed))
		require.NoError(t, err)
		require.Len(t, got, len(proposed))
		for i, g := range got {
			require.NoError(t, space.Check(g.Parameters))
			require.Equal(t, map[string]string{"service/label/k": "v"}, g.Labels)
			same(g.Parameters, proposed[i].Parameters)
		}
	})
}

// Whatever a service answers, what is taken of it are points within the ranges.
func FuzzAnswer(f *testing.F) {
	list := []hone.Parameter{hone.Double("x", 1e-5, 1).Log(), hone.Int("n", 0, 9).By(3), hone.Categorical("c", "a", 1), hone.Double("y", 0, 1).When("c", "a")}
	space, err := hone.SearchSpace{Parameters: list}.Compile(nil)
	require.NoError(f, err)
	seed := func(pairs ...string) {
		a := &pb.GetSuggestionsReply_ParameterAssignments{TrialName: "t", Labels: map[string]string{"k": "v"}}
		for i := 0; i < len(pairs); i += 2 {
			a.Assignments = append(a.Assignments, &pb.ParameterAssignment{Name: pairs[i], Value: pairs[i+1]})
		}
		data, err := proto.Marshal(&pb.GetSuggestionsReply{ParameterAssignments: []*pb.GetSuggestionsReply_ParameterAssignments{a},
			Algorithm: &pb.AlgorithmSpec{AlgorithmSettings: []*pb.AlgorithmSetting{{Name: "eta", Value: "3"}}}})
		require.NoError(f, err)
		f.Add(data)
	}
	seed("x", "0.5", "n", "3", "c", "a", "y", "0.5")
	seed("x", "1e300", "n", "-0", "c", "1.0")
	seed("x", "nan", "n", "0x10", "c", "")
	q := katib.Question{Experiment: "e", Trials: "e", Parameters: list}
	r := hone.Request{Space: space, Number: 1, Count: 1, History: hone.NewHistory("h")}
	f.Fuzz(func(t *testing.T, data []byte) {
		var reply pb.GetSuggestionsReply
		if proto.Unmarshal(data, &reply) != nil {
			return
		}
		got, err := katib.Answer(q, r, &reply)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			return
		}
		for _, g := range got {
			require.NoError(t, space.Check(g.Parameters))
			r := r
			r.Pending, r.Number = []hone.Pending{{Number: 1, Parameters: g.Parameters, Labels: g.Labels}}, 2
			_, err := proto.Marshal(katib.Ask(q, r))
			require.NoError(t, err, "it can be sent back")
		}
	})
}

// Whatever is asked, it is refused or makes sense.
func FuzzRead(f *testing.F) {
	q := katib.Question{Experiment: "e", Trials: "e", Algorithm: "random", Settings: map[string]string{"random_state": "3"},
		Parameters: []hone.Parameter{hone.Double("x", 0, 1), hone.Discrete("d", 1, 2), hone.Categorical("c", "a", "b")}}
	r := hone.Request{Number: 3, Count: 2, History: hone.NewHistory("h")}
	for i := range 2 {
		a := hone.Assignments{{Parameter: "x", Value: hone.Number(0.5)}, {Parameter: "d", Value: hone.Number(1)}, {Parameter: "c", Value: hone.String("a")}}
		r.History = r.History.Append(hone.Outcome{Number: i + 1, Parameters: a, State: hone.TrialSucceeded, Value: 1})
	}
	data, err := proto.Marshal(katib.Ask(q, r))
	require.NoError(f, err)
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		var message pb.GetSuggestionsRequest
		if proto.Unmarshal(data, &message) != nil {
			return
		}
		task, err := katib.Read(&message)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			return
		}
		space, err := task.Space.Compile(nil)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			return
		}
		require.Greater(t, task.Number, len(task.Ended)+len(task.Pending))
		for i, o := range task.Ended {
			require.NoError(t, space.Check(o.Parameters))
			require.Equal(t, i+1, o.Finished)
			require.Equal(t, o.State.Valued(), o.Feasible())
		}
	})
}
