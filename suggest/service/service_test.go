package service_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/suggest/service"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

func builtin() map[string]service.Entry {
	entries := map[string]service.Entry{}
	for name, e := range algorithms.Builtin() {
		entries[name] = service.Entry{Choice: e.Choice, New: e.New}
	}
	return entries
}

func fresh(t testing.TB, always string) *service.Service {
	s, err := service.New(service.Options{Algorithms: builtin(), Always: always})
	require.NoError(t, err)
	return s
}

// katib is a request as Katib's controller makes it.
func katib(algorithm string, trials, count int, settings ...string) *pb.GetSuggestionsRequest {
	spec := &pb.ExperimentSpec{
		ParameterSpecs: &pb.ExperimentSpec_ParameterSpecs{Parameters: []*pb.ParameterSpec{
			{Name: "--lr", ParameterType: pb.ParameterType_DOUBLE, FeasibleSpace: &pb.FeasibleSpace{Min: "0.001", Max: "0.1", Distribution: pb.Distribution_LOG_NORMAL}},
			{Name: "num-layers", ParameterType: pb.ParameterType_INT, FeasibleSpace: &pb.FeasibleSpace{Min: "2", Max: "5"}},
			{Name: "batch", ParameterType: pb.ParameterType_DISCRETE, FeasibleSpace: &pb.FeasibleSpace{List: []string{"64", "16", "32", "16"}}},
			{Name: "optimizer", ParameterType: pb.ParameterType_CATEGORICAL, FeasibleSpace: &pb.FeasibleSpace{List: []string{"sgd", "adam"}, Distribution: pb.Distribution_UNIFORM}},
		}},
		Objective:          &pb.ObjectiveSpec{Type: pb.ObjectiveType_MAXIMIZE, Goal: 0.99, ObjectiveMetricName: "accuracy"},
		Algorithm:          &pb.AlgorithmSpec{AlgorithmName: algorithm},
		MaxTrialCount:      40,
		EarlyStopping:      &pb.EarlyStoppingSpec{AlgorithmName: "medianstop"},
		ParallelTrialCount: 3,
	}
	for i := 0; i < len(settings); i += 2 {
		spec.Algorithm.AlgorithmSettings = append(spec.Algorithm.AlgorithmSettings, &pb.AlgorithmSetting{Name: settings[i], Value: settings[i+1]})
	}
	r := &pb.GetSuggestionsRequest{Experiment: &pb.Experiment{Name: "mnist", Spec: spec}, CurrentRequestNumber: int32(count), TotalRequestNumber: int32(trials + count)}
	for i := range trials {
		r.Trials = append(r.Trials, trial(i))
	}
	return r
}

// trial is the i-th trial to begin; they do not end in that order.
func trial(i int) *pb.Trial {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	t := &pb.Trial{Name: fmt.Sprintf("mnist-%08x", rng.Uint32()),
		Spec: &pb.TrialSpec{ParameterAssignments: &pb.TrialSpec_ParameterAssignments{Assignments: []*pb.ParameterAssignment{
			{Name: "--lr", Value: fmt.Sprint(0.001 + 0.09*rng.Float64())}, {Name: "num-layers", Value: fmt.Sprint(2 + rng.IntN(4))},
			{Name: "batch", Value: []string{"16", "32", "64"}[rng.IntN(3)]}, {Name: "optimizer", Value: []string{"sgd", "adam"}[rng.IntN(2)]}}}},
		Status: &pb.TrialStatus{StartTime: fmt.Sprintf("2026-01-01T00:%02d:00Z", i), Condition: pb.TrialStatus_SUCCEEDED}}
	end := func(value string) {
		t.Status.CompletionTime = fmt.Sprintf("2026-01-01T01:%02d:00Z", (i*7)%60)
		t.Status.Observation = &pb.Observation{Metrics: []*pb.Metric{{Name: "loss", Value: "3"}, {Name: "accuracy", Value: value}}}
	}
	switch i % 8 {
	case 3:
		t.Status.Condition = pb.TrialStatus_FAILED
		end("")
	case 5:
		end("nan")
	case 6:
		t.Status.Condition = pb.TrialStatus_RUNNING
	case 7:
		t.Status.Condition = pb.TrialStatus_EARLYSTOPPED
		end("0.5")
	default:
		end(fmt.Sprint(rng.Float64()))
	}
	return t
}

func TestKatibIsServed(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings []string
	}{
		{"random", []string{"random_state", "10"}}, {"grid", []string{"points", "3"}}, {"sobol", nil}, {"auto", nil}, {"", nil},
		{"tpe", []string{"gamma", "0.25", "n_EI_candidates", "24", "random_state", "1"}},
		{"multivariate-tpe", []string{"n_startup_trials", "5"}},
		{"cmaes", []string{"restart_strategy", "ipop", "sigma", "0.3"}},
		{"bayesianoptimization", []string{"base_estimator", "GP", "acq_func", "gp_hedge", "random_state", "10"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t, "")
			require.NoError(t, s.Validate(t.Context(), &pb.ValidateAlgorithmSettingsRequest{Experiment: katib(c.name, 0, 0, c.settings...).GetExperiment()}))
			a, err := s.Suggest(t.Context(), katib(c.name, 20, 3, c.settings...), nil)
			require.NoError(t, err)
			require.Len(t, a.Reply.GetParameterAssignments(), 3)
			require.False(t, a.Exhausted)
			seen := map[string]bool{}
			for _, p := range a.Reply.GetParameterAssignments() {
				var names []string
				for _, x := range p.GetAssignments() {
					names = append(names, x.GetName())
				}
				require.Equal(t, []string{"--lr", "num-layers", "batch", "optimizer"}, names)
				require.Contains(t, []string{"16", "32", "64"}, p.GetAssignments()[2].GetValue())
				seen[fmt.Sprint(p.GetAssignments())] = true
			}
			require.Len(t, seen, 3)
		})
	}
}

// The answer follows from the request alone: not from what was asked before, nor from the order in which the
// trials stand in it.
func TestAnAnswerIsAFunctionOfTheRequest(t *testing.T) {
	for name := range algorithms.Builtin() {
		t.Run(name, func(t *testing.T) {
			old := fresh(t, "")
			for _, trials := range []int{0, 8, 30, 12, 31, 40} {
				r := katib(name, trials, 2)
				want, err := fresh(t, "").Suggest(t.Context(), r, nil)
				require.NoError(t, err)
				shuffled := proto.CloneOf(r)
				rand.New(rand.NewPCG(1, uint64(trials))).Shuffle(trials, func(i, j int) {
					shuffled.Trials[i], shuffled.Trials[j] = shuffled.Trials[j], shuffled.Trials[i]
				})
				got, err := old.Suggest(t.Context(), shuffled, nil)
				require.NoError(t, err)
				require.Empty(t, differences(want.Reply, got.Reply), "after %d trials", trials)
			}
		})
	}
}

func differences(a, b *pb.GetSuggestionsReply) string {
	if proto.Equal(a, b) {
		return ""
	}
	return a.String() + "\n" + b.String()
}

func TestManyExperimentsAtOnce(t *testing.T) {
	s := fresh(t, "")
	r := katib("random", 10, 1)
	want, err := s.Suggest(t.Context(), r, nil)
	require.NoError(t, err)
	for i := range 200 { // more than are remembered
		r := katib("sobol", 4, 1)
		r.Experiment.Name = fmt.Sprint("e", i)
		_, err := s.Suggest(t.Context(), r, nil)
		require.NoError(t, err)
	}
	got, err := s.Suggest(t.Context(), r, nil)
	require.NoError(t, err)
	require.Empty(t, differences(want.Reply, got.Reply))
}

func TestTheSeed(t *testing.T) {
	s := fresh(t, "random")
	first := func(seed *uint64, settings ...string) string {
		a, err := s.Suggest(t.Context(), katib("anything", 0, 1, settings...), seed)
		require.NoError(t, err)
		return a.Reply.GetParameterAssignments()[0].String()
	}
	seven := uint64(7)
	require.Equal(t, first(nil, "random_state", "7"), first(&seven))
	require.Equal(t, first(&seven, "random_state", "8"), first(nil, "random_state", "8"), "the setting goes first")
	require.NotEqual(t, first(&seven), first(nil))
	require.Equal(t, first(nil), first(nil))
}

func TestTheEndOfAGridIsSaid(t *testing.T) {
	r := katib("grid", 0, 5)
	r.Experiment.Spec.ParameterSpecs.Parameters = r.Experiment.Spec.ParameterSpecs.Parameters[2:3]
	a, err := fresh(t, "").Suggest(t.Context(), r, nil)
	require.NoError(t, err)
	require.Len(t, a.Reply.GetParameterAssignments(), 3)
	require.True(t, a.Exhausted)
}

func TestWhatIsRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(e *pb.ExperimentSpec)
		text   string
	}{
		{"an unknown algorithm", func(e *pb.ExperimentSpec) { e.Algorithm.AlgorithmName = "hyperband" }, `there is no algorithm "hyperband"`},
		{"an unknown setting", func(e *pb.ExperimentSpec) {
			e.Algorithm.AlgorithmSettings = []*pb.AlgorithmSetting{{Name: "gama", Value: "1"}}
		}, `has no setting "gama"`},
		{"another algorithm's setting", func(e *pb.ExperimentSpec) {
			e.Algorithm.AlgorithmSettings = []*pb.AlgorithmSetting{{Name: "gamma", Value: "1"}}
		}, `has no setting "gamma"`},
		{"a setting twice", func(e *pb.ExperimentSpec) {
			e.Algorithm.AlgorithmSettings = []*pb.AlgorithmSetting{{Name: "points", Value: "1"}, {Name: "points", Value: "2"}}
		}, "given twice"},
		{"a setting that is no number", func(e *pb.ExperimentSpec) {
			e.Algorithm.AlgorithmSettings = []*pb.AlgorithmSetting{{Name: "points", Value: "many"}}
		}, "must be a int"},
		{"a negative seed", func(e *pb.ExperimentSpec) {
			e.Algorithm.AlgorithmSettings = []*pb.AlgorithmSetting{{Name: "random_state", Value: "-1"}}
		}, "is no seed"},
		{"no parameters", func(e *pb.ExperimentSpec) { e.ParameterSpecs = nil }, "has no parameters"},
		{"no type", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].ParameterType = 0 }, "UNKNOWN_TYPE"},
		{"no range", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].FeasibleSpace = nil }, `min is ""`},
		{"an empty range", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].FeasibleSpace.Max = "0.0001" }, "max"},
		{"a logarithm of zero", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].FeasibleSpace.Min = "0" }, "log"},
		{"no end", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].FeasibleSpace.Max = "inf" }, "no finite number"},
		{"a name twice", func(e *pb.ExperimentSpec) { e.ParameterSpecs.Parameters[0].Name = "batch" }, "a name of its own"},
		{"no goal", func(e *pb.ExperimentSpec) { e.Objective.Type = 0 }, "MINIMIZE or MAXIMIZE"},
		{"an architecture", func(e *pb.ExperimentSpec) { e.NasConfig = &pb.NasConfig{} }, "nas_config"},
		{"too many parameters", func(e *pb.ExperimentSpec) {
			e.ParameterSpecs.Parameters = make([]*pb.ParameterSpec, hone.MaxParameters+1)
		}, "at most 1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := katib("grid", 0, 1)
			c.change(r.Experiment.Spec)
			_, err := fresh(t, "").Suggest(t.Context(), r, nil)
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.ErrorContains(t, err, c.text)
			err = fresh(t, "").Validate(t.Context(), &pb.ValidateAlgorithmSettingsRequest{Experiment: r.Experiment})
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.ErrorContains(t, err, c.text)
		})
	}
	r := katib("grid", 0, -1)
	_, err := fresh(t, "").Suggest(t.Context(), r, nil)
	require.ErrorIs(t, err, hone.InvalidArgument)
	r.CurrentRequestNumber = math.MaxInt32
	_, err = fresh(t, "").Suggest(t.Context(), r, nil)
	require.ErrorIs(t, err, hone.InvalidArgument)
	_, err = service.New(service.Options{Algorithms: builtin(), Always: "genetic"})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

// connect starts a server and connects to it. stop is what ends the server.
func connect(t *testing.T, logger hclog.Logger) (conn *grpc.ClientConn, stop func() error) {
	listener := bufconn.Listen(1 << 20)
	server := service.NewServer(fresh(t, ""), logger)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, listener) }()
	conn, err := grpc.NewClient("passthrough:///bufconn", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, err)
	return conn, func() error {
		cancel()
		err := <-served
		require.NoError(t, conn.Close())
		return err
	}
}

func TestOverGRPC(t *testing.T) {
	var log bytes.Buffer
	conn, stop := connect(t, hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info}))
	client := pb.NewSuggestionClient(conn)
	var trailer metadata.MD
	r := katib("grid", 0, 5)
	r.Experiment.Spec.ParameterSpecs.Parameters = r.Experiment.Spec.ParameterSpecs.Parameters[2:3]
	reply, err := client.GetSuggestions(t.Context(), r, grpc.Trailer(&trailer))
	require.NoError(t, err)
	require.Len(t, reply.GetParameterAssignments(), 3)
	require.Equal(t, []string{"true"}, trailer.Get("hone-exhausted"))

	r = katib("auto", 0, 1)
	_, err = client.GetSuggestions(t.Context(), r, grpc.Trailer(&trailer))
	require.NoError(t, err)
	require.Contains(t, strings.Join(trailer.Get("hone-note-bin"), ""), "auto chose")

	_, err = client.ValidateAlgorithmSettings(t.Context(), &pb.ValidateAlgorithmSettingsRequest{Experiment: katib("nothing", 0, 0).GetExperiment()})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = client.GetSuggestions(metadata.AppendToOutgoingContext(t.Context(), "hone-seed", "x"), r)
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = client.GetSuggestions(t.Context(), &pb.GetSuggestionsRequest{})
	require.Equal(t, codes.InvalidArgument, status.Code(err))

	health := healthpb.NewHealthClient(conn)
	for _, name := range []string{"", "manager.v1beta1.Suggestion", "api.v1.beta1.Suggestion"} {
		state, err := health.Check(t.Context(), &healthpb.HealthCheckRequest{Service: name})
		require.NoError(t, err)
		require.Equal(t, healthpb.HealthCheckResponse_SERVING, state.GetStatus())
	}
	require.Contains(t, services(t, conn), "api.v1.beta1.Suggestion")
	require.NoError(t, stop())
	require.Contains(t, log.String(), "answered: method=GetSuggestions experiment=mnist algorithm=grid trials=0 asked=5")
	require.Contains(t, log.String(), "refused: method=ValidateAlgorithmSettings")
}

// services asks for what is served, as tools do.
func services(t *testing.T, conn *grpc.ClientConn) (names []string) {
	stream, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	require.NoError(t, err)
	require.NoError(t, stream.Send(&grpc_reflection_v1.ServerReflectionRequest{MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{}}))
	reply, err := stream.Recv()
	require.NoError(t, err)
	for _, s := range reply.GetListServicesResponse().GetService() {
		names = append(names, s.GetName())
	}
	require.NoError(t, stream.CloseSend())
	return names
}

func TestARequestThatIsTooLargeIsRefused(t *testing.T) {
	conn, stop := connect(t, hclog.NewNullLogger())
	r := katib("random", 0, 1)
	r.Experiment.Name = strings.Repeat("x", 65<<20)
	_, err := pb.NewSuggestionClient(conn).GetSuggestions(t.Context(), r)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
	require.NoError(t, stop())
}
