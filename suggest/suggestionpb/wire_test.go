package suggestionpb_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// The names and numbers that Katib speaks: a change of any of them breaks services that are out there. This is
// written down a second time on purpose.
const wire = `
GetSuggestionsRequest: experiment=1 trials=2* current_request_number=4 total_request_number=5
GetSuggestionsReply: parameter_assignments=1* algorithm=2 early_stopping_rules=3*
GetSuggestionsReply.ParameterAssignments: assignments=1* trial_name=2 labels=3*
ValidateAlgorithmSettingsRequest: experiment=1
ValidateAlgorithmSettingsReply:
Experiment: name=1 spec=2
ExperimentSpec: parameter_specs=1 objective=2 algorithm=3 early_stopping=4 parallel_trial_count=5 max_trial_count=6 nas_config=7
ExperimentSpec.ParameterSpecs: parameters=1*
ParameterSpec: name=1 parameter_type=2 feasible_space=3
FeasibleSpace: max=1 min=2 list=3* step=4 distribution=5
ObjectiveSpec: type=1 goal=2 objective_metric_name=3 additional_metric_names=4*
AlgorithmSpec: algorithm_name=1 algorithm_settings=2*
AlgorithmSetting: name=1 value=2
EarlyStoppingSpec: algorithm_name=1 algorithm_settings=2*
EarlyStoppingSetting: name=1 value=2
NasConfig: graph_config=1 operations=2
NasConfig.Operations: operation=1*
GraphConfig: num_layers=1 input_sizes=2* output_sizes=3*
Operation: operation_type=1 parameter_specs=2
Operation.ParameterSpecs: parameters=1*
Trial: name=1 spec=2 status=3
TrialSpec: objective=2 parameter_assignments=3 labels=4*
TrialSpec.ParameterAssignments: assignments=1*
ParameterAssignment: name=1 value=2
TrialStatus: start_time=1 completion_time=2 condition=3 observation=4
Observation: metrics=1*
Metric: name=1 value=2
EarlyStoppingRule: name=1 value=2 comparison=3 start_step=4
enum ParameterType: UNKNOWN_TYPE=0 DOUBLE=1 INT=2 DISCRETE=3 CATEGORICAL=4
enum Distribution: DISTRIBUTION_UNSPECIFIED=0 UNIFORM=1 LOG_UNIFORM=2 NORMAL=3 LOG_NORMAL=4
enum ObjectiveType: UNKNOWN=0 MINIMIZE=1 MAXIMIZE=2
enum TrialStatus.TrialConditionType: CREATED=0 RUNNING=1 SUCCEEDED=2 KILLED=3 FAILED=4 METRICSUNAVAILABLE=5 EARLYSTOPPED=6 UNKNOWN=7
enum ComparisonType: UNKNOWN_COMPARISON=0 EQUAL=1 LESS=2 GREATER=3
service Suggestion: GetSuggestions ValidateAlgorithmSettings
`

func TestTheWireIsKatibs(t *testing.T) {
	file := pb.File_suggest_suggestionpb_suggestion_proto
	require.EqualValues(t, "api.v1.beta1", file.Package())
	require.Equal(t, "/api.v1.beta1.Suggestion/GetSuggestions", pb.Suggestion_GetSuggestions_FullMethodName)
	got := map[string]bool{}
	messages(file.Messages(), got)
	enums(file.Enums(), got)
	for i := range file.Services().Len() {
		s := file.Services().Get(i)
		line := "service " + string(s.Name()) + ":"
		for k := range s.Methods().Len() {
			line += " " + string(s.Methods().Get(k).Name())
		}
		got[line] = true
	}
	want := map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(wire), "\n") {
		want[line] = true
	}
	require.Equal(t, want, got)
}

func messages(list protoreflect.MessageDescriptors, out map[string]bool) {
	for i := range list.Len() {
		m := list.Get(i)
		if m.IsMapEntry() {
			continue
		}
		line := strings.TrimPrefix(string(m.FullName()), "api.v1.beta1.") + ":"
		for k := range m.Fields().Len() {
			f := m.Fields().Get(k)
			line += fmt.Sprintf(" %s=%d", f.Name(), f.Number())
			if f.Cardinality() == protoreflect.Repeated {
				line += "*"
			}
		}
		out[line] = true
		messages(m.Messages(), out)
		enums(m.Enums(), out)
	}
}

func enums(list protoreflect.EnumDescriptors, out map[string]bool) {
	for i := range list.Len() {
		e := list.Get(i)
		line := "enum " + strings.TrimPrefix(string(e.FullName()), "api.v1.beta1.") + ":"
		for k := range e.Values().Len() {
			line += fmt.Sprintf(" %s=%d", e.Values().Get(k).Name(), e.Values().Get(k).Number())
		}
		out[line] = true
	}
}

func TestTheTypesOfNumbers(t *testing.T) {
	for message, fields := range map[protoreflect.MessageDescriptor]map[protoreflect.Name]protoreflect.Kind{
		(&pb.GetSuggestionsRequest{}).ProtoReflect().Descriptor(): {"current_request_number": protoreflect.Int32Kind, "total_request_number": protoreflect.Int32Kind},
		(&pb.ExperimentSpec{}).ProtoReflect().Descriptor():        {"parallel_trial_count": protoreflect.Int32Kind, "max_trial_count": protoreflect.Int32Kind},
		(&pb.ObjectiveSpec{}).ProtoReflect().Descriptor():         {"goal": protoreflect.DoubleKind, "type": protoreflect.EnumKind},
		(&pb.FeasibleSpace{}).ProtoReflect().Descriptor():         {"max": protoreflect.StringKind, "step": protoreflect.StringKind},
		(&pb.Metric{}).ProtoReflect().Descriptor():                {"value": protoreflect.StringKind},
	} {
		for name, kind := range fields {
			require.Equal(t, kind, message.Fields().ByName(name).Kind(), "%s.%s", message.Name(), name)
		}
	}
}

// The example has the protocol beside it, so that it can be taken away as it is.
func TestTheExampleHasTheSameProtocol(t *testing.T) {
	here, err := os.ReadFile("suggestion.proto")
	require.NoError(t, err)
	there, err := os.ReadFile("../../examples/suggestion-service/suggestion.proto")
	require.NoError(t, err)
	require.Equal(t, string(here), string(there))
}
