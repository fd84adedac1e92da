package remote_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/suggest/remote"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// recorder keeps the requests that a service got.
type recorder struct {
	mu       sync.Mutex
	requests []*pb.GetSuggestionsRequest
}

func (r *recorder) answering(replies ...*pb.GetSuggestionsReply) fake {
	return fake{suggest: func(_ context.Context, q *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests = append(r.requests, q)
		return replies[min(len(r.requests), len(replies))-1], nil
	}}
}

func values(settings []*pb.AlgorithmSetting) map[string]string {
	out := map[string]string{}
	for _, s := range settings {
		out[s.GetName()] = s.GetValue()
	}
	return out
}

// What a service keeps in its replies comes back to it, also when both sides were started anew in between: it
// lies in the trials.
func TestWhatAServiceKeepsComesBack(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		first := proposal("n", "1")
		first.TrialName, first.Labels = "generation-0-a", map[string]string{"generation": "0", "service/settings": "mine"}
		state := func(pairs ...string) *pb.AlgorithmSpec {
			spec := &pb.AlgorithmSpec{}
			for i := 0; i < len(pairs); i += 2 {
				spec.AlgorithmSettings = append(spec.AlgorithmSettings, &pb.AlgorithmSetting{Name: pairs[i], Value: pairs[i+1]})
			}
			return spec
		}
		one := reply(first, proposal("n", "2"))
		one.Algorithm = state("eta", "3", "current_s", "4")
		two := reply(proposal("n", "3"))
		two.Algorithm = state("current_s", "3")
		three := reply(proposal("n", "5"))
		three.Algorithm = state("eta", "3", "current_s", "3")
		var seen recorder
		p.serve(seen.answering(one, two, three, reply(proposal("n", "6"))))
		e := experiment(line(), settings("algorithm", "hyperband", "eta", 3, "r_l", 9))

		r := request(line(), 2)
		var labels []map[string]string
		for step := range 4 {
			services := p.services() // hone is started anew
			got := ask(t, suggester(services), e, r)
			require.NoError(t, services.Close())
			for i, g := range got {
				labels = append(labels, g.Labels)
				if step == 0 && i == 0 {
					r.History = r.History.Append(hone.Outcome{Number: r.Number, Parameters: g.Parameters, Labels: g.Labels, State: hone.TrialSucceeded, Value: 0.5})
				} else {
					r.Pending = append(r.Pending, hone.Pending{Number: r.Number, Parameters: g.Parameters, Labels: g.Labels})
				}
				r.Number++
			}
			r.Count = 1
		}
		sent := func(i int) map[string]string {
			return values(seen.requests[i].GetExperiment().GetSpec().GetAlgorithm().GetAlgorithmSettings())
		}
		require.Equal(t, map[string]string{"eta": "3", "r_l": "9"}, sent(0))
		require.Equal(t, map[string]string{"eta": "3", "r_l": "9", "current_s": "4"}, sent(1))
		require.Equal(t, map[string]string{"eta": "3", "r_l": "9", "current_s": "3"}, sent(2))
		require.Equal(t, sent(2), sent(3))
		require.Nil(t, labels[3], "what has not changed is not stored again")

		trials := seen.requests[1].GetTrials()
		require.Equal(t, "generation-0-a", trials[0].GetName())
		require.Equal(t, map[string]string{"generation": "0", "service/settings": "mine"}, trials[0].GetSpec().GetLabels())
		require.Equal(t, "digits-0002", trials[1].GetName())
		require.Empty(t, trials[1].GetSpec().GetLabels())
	})
}

func TestWhatAServiceIsTold(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		var seen recorder
		p.serve(seen.answering(reply(proposal("n", "7", "c", "true", "lr", "0.01"))))
		space := hone.NewSpace(hone.Int("n", 0, 9), hone.Categorical("c", "a", true, 2), hone.Double("lr", 1e-4, 1).Log())
		target := 0.99
		r := request(space, 1)
		r.Objective.Target = &target
		r.Number = 6
		for i, o := range []hone.Outcome{{State: hone.TrialSucceeded, Value: 0.1}, {State: hone.TrialFailed, Value: math.NaN()},
			{State: hone.TrialEarlyStopped, Value: 1e-7}, {State: hone.TrialStopped, Value: math.NaN()}} {
			o.Number, o.Finished = 4-i, i+1
			o.Parameters = hone.Assignments{{Parameter: "n", Value: hone.Number(float64(i))}, {Parameter: "c", Value: hone.Number(2)}, {Parameter: "lr", Value: hone.Number(0.5)}}
			r.History = r.History.Append(o)
		}
		r.Pending = []hone.Pending{{Number: 5, Parameters: r.History.At(0).Parameters}}
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		e := experiment(space, settings("algorithm", "tpe", "service.timeout", "1h", "gamma", 0.25))
		got := ask(t, suggester(services), e, r)
		require.Equal(t, "n=7, c=true, lr=0.01", got[0].Parameters.String())
		require.Equal(t, hone.Bool(true), got[0].Parameters[1].Value)

		q := seen.requests[0]
		require.Equal(t, "digits-01234567", q.GetExperiment().GetName(), "no other experiment is called so")
		spec := q.GetExperiment().GetSpec()
		require.Equal(t, "tpe", spec.GetAlgorithm().GetAlgorithmName())
		require.Equal(t, map[string]string{"timeout": "1h", "gamma": "0.25"}, values(spec.GetAlgorithm().GetAlgorithmSettings()))
		require.EqualValues(t, 3, spec.GetParallelTrialCount())
		require.EqualValues(t, 50, spec.GetMaxTrialCount())
		require.Equal(t, pb.ObjectiveType_MAXIMIZE, spec.GetObjective().GetType())
		require.Equal(t, 0.99, spec.GetObjective().GetGoal())
		require.Equal(t, []string{"a", "true", "2"}, spec.GetParameterSpecs().GetParameters()[1].GetFeasibleSpace().GetList())
		require.EqualValues(t, 1, q.GetCurrentRequestNumber())
		require.EqualValues(t, 6, q.GetTotalRequestNumber())

		var conditions []pb.TrialStatus_TrialConditionType
		for _, trial := range q.GetTrials() {
			conditions = append(conditions, trial.GetStatus().GetCondition())
		}
		require.Equal(t, []pb.TrialStatus_TrialConditionType{pb.TrialStatus_SUCCEEDED, pb.TrialStatus_FAILED, pb.TrialStatus_EARLYSTOPPED,
			pb.TrialStatus_KILLED, pb.TrialStatus_RUNNING}, conditions)
		first := q.GetTrials()[0].GetStatus()
		require.Equal(t, "2000-01-01T00:00:04Z", first.GetStartTime(), "the times tell the order")
		require.Equal(t, "2001-01-01T00:00:00Z", first.GetCompletionTime())
		require.Equal(t, "accuracy", first.GetObservation().GetMetrics()[0].GetName())
		require.Equal(t, "1e-07", q.GetTrials()[2].GetStatus().GetObservation().GetMetrics()[0].GetValue())
		require.Nil(t, q.GetTrials()[1].GetStatus().GetObservation())
		require.Empty(t, q.GetTrials()[4].GetStatus().GetCompletionTime())
	})
}

func TestServicesAreTakenAtTheirBestWord(t *testing.T) {
	space := hone.NewSpace(hone.Double("d", 0, 0.5).By(0.05), hone.Int("n", 1, 10).By(3), hone.Double("x", 1e-5, 0.1).Log(),
		hone.Categorical("c", 1, "b"), hone.Double("m", 0, 1).When("c", "b"))
	for _, c := range []struct{ name, got, want string }{
		{"between two steps", "d=0.12,n=1,x=0.01,c=b,m=0.5", "d=0.1, n=1, x=0.01, c=b, m=0.5"},
		{"beyond the last step", "d=0.5,n=10.0,x=0.01,c=b,m=0.5", "d=0.5, n=10, x=0.01, c=b, m=0.5"},
		{"an int between steps", "d=0.5,n=6,x=0.01,c=b,m=0.5", "d=0.5, n=7, x=0.01, c=b, m=0.5"},
		{"a hair outside", "d=0.5,n=1,x=0.10000000000000002,c=b,m=-0", "d=0.5, n=1, x=0.1, c=b, m=0"},
		{"a category as a float", "d=0.5,n=1,x=0.01,c=1.0", "d=0.5, n=1, x=0.01, c=1"},
		{"a value of an inactive parameter", "d=0.5,n=1,x=0.01,c=1,m=7", "d=0.5, n=1, x=0.01, c=1"},
		{"another order", "c=1,x=1e-05,n= 4 ,d=0", "d=0, n=4, x=0.00001, c=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, p *place) {
				var pairs []string
				for _, pair := range strings.Split(c.got, ",") {
					name, value, _ := strings.Cut(pair, "=")
					pairs = append(pairs, name, value)
				}
				p.serve((&recorder{}).answering(reply(proposal(pairs...))))
				services := p.services()
				defer func() { require.NoError(t, services.Close()) }()
				got := ask(t, suggester(services), experiment(space, settings()), request(space, 1))
				require.Equal(t, c.want, got[0].Parameters.String())
			})
		})
	}
}

func TestDuplicatesAndBrokenConstraintsAreReplaced(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		p.serve((&recorder{}).answering(reply(proposal("n", "4"), proposal("n", "4"), proposal("n", "900")),
			reply(proposal("n", "900"), proposal("n", "900"))))
		space := line().Where("n <= 500")
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		r := request(space, 3)
		got := ask(t, suggester(services), experiment(space, settings()), r)
		require.Len(t, got, 3)
		require.Equal(t, "n=4", got[0].Parameters.String())
		require.NotEqual(t, got[1].Parameters, got[0].Parameters)
		require.NoError(t, r.Space.Check(got[2].Parameters))
	})
}

// Wherever a service proposes always the same, what comes out is as promised.
func TestConformanceOfAServiceThatProposesTheSame(t *testing.T) {
	p := &place{t: t}
	p.serve(fake{suggest: func(_ context.Context, r *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
		var pairs []string
		for _, spec := range r.GetExperiment().GetSpec().GetParameterSpecs().GetParameters() {
			value := spec.GetFeasibleSpace().GetMin()
			if list := spec.GetFeasibleSpace().GetList(); len(list) > 0 {
				value = list[0]
			}
			pairs = append(pairs, spec.GetName(), value)
		}
		out := reply()
		for range r.GetCurrentRequestNumber() {
			out.ParameterAssignments = append(out.ParameterAssignments, proposal(pairs...))
		}
		return out, nil
	}})
	defer p.stop()
	services := p.services()
	defer func() { require.NoError(t, services.Close()) }()
	algorithmtest.Run(t, algorithmtest.Subject{New: func() hone.Algorithm {
		return through{suggester(services), experiment(line(), settings())}
	}})
}

func TestCheck(t *testing.T) {
	says := func(err error) fake {
		return fake{validate: func(context.Context, *pb.ValidateAlgorithmSettingsRequest) error { return err }}
	}
	for _, c := range []struct {
		name    string
		service *fake
		refused bool
		kind    hone.Kind // when it could not be asked
		text    string
	}{
		{name: "accepted", service: new(says(nil))},
		{name: "not looked at", service: new(fake{})},
		{name: "refused", service: new(says(status.Error(codes.InvalidArgument, "eta must be above 1"))), refused: true, text: "eta must be above 1"},
		{name: "refused by an exception", service: new(says(status.Error(codes.Unknown, "KeyError: 'eta'"))), refused: true, text: "KeyError"},
		{name: "not there", kind: hone.Unavailable, text: "cannot be reached"},
		{name: "failing", service: new(says(status.Error(codes.Internal, "boom"))), kind: hone.Unavailable, text: "boom"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, p *place) {
				if c.service != nil {
					p.serve(*c.service)
				}
				services := p.services()
				defer func() { require.NoError(t, services.Close()) }()
				err := suggester(services).Check(t.Context(), experiment(line(), settings()))
				switch {
				case c.refused:
					var fields hone.FieldErrors
					require.ErrorAs(t, err, &fields)
					require.Equal(t, "spec.algorithm.settings", fields[0].Path)
				case c.kind != "":
					require.Equal(t, c.kind, hone.KindOf(err))
				default:
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, c.text)
				require.ErrorContains(t, err, endpoint)
			})
		})
	}
}

func TestWrongSettings(t *testing.T) {
	for _, c := range []struct {
		name string
		more []any
		text string
	}{
		{"no port", []any{"endpoint", "localhost"}, "must be host:port"},
		{"an address of the web", []any{"endpoint", "http://localhost:80"}, "must be host:port"},
		{"no duration", []any{"timeout", "soon"}, "must be a duration"},
		{"no time", []any{"timeout", "0s"}, "must be a duration"},
		{"a number of seconds", []any{"timeout", 60}, "must be a string"},
		{"certificates without TLS", []any{"ca", "ca.pem"}, "only for tls: true"},
		{"certificates that are not there", []any{"ca", "ca.pem", "tls", true}, "cannot be read"},
		{"a slip of the pen", []any{"timout", "5s"}, `did you mean "timeout"`},
		{"twice", []any{"eta", 3, "service.eta", 4}, "given twice"},
		{"no name", []any{"service.", 4}, "is no name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			services := (&place{t: t}).services()
			err := suggester(services).Check(t.Context(), experiment(line(), settings(c.more...)))
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.ErrorContains(t, err, c.text)
			require.NoError(t, services.Close())
		})
	}
	_, err := remote.New(remote.Options{}).Algorithm(nil)
	require.ErrorContains(t, err, `needs the setting "endpoint"`)
}

func TestCertificatesThatNeverEndAreNotRead(t *testing.T) {
	pipe, large := filepath.Join(t.TempDir(), "pipe"), filepath.Join(t.TempDir(), "large.pem")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 1<<40))
	for _, ca := range []string{"/dev/zero", "/dev/tty", pipe, large, t.TempDir()} {
		services := (&place{t: t}).services()
		checked := make(chan error, 1)
		go func() {
			checked <- suggester(services).Check(t.Context(), experiment(line(), settings("ca", ca, "tls", true)))
		}()
		select {
		case err := <-checked:
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.ErrorContains(t, err, "is no ordinary file")
			require.NoError(t, services.Close())
		case <-time.After(10 * time.Second):
			t.Fatalf("%s is being read", ca)
		}
	}
}

type through struct {
	s interface {
		Suggest(ctx context.Context, uid string, a hone.AlgorithmSpec, r hone.Request) ([]hone.Suggestion, error)
	}
	e hone.Experiment
}

func (x through) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	return x.s.Suggest(ctx, x.e.UID, x.e.Spec.Algorithm, r)
}
