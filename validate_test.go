package hone_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
)

func validCatalog() hone.Catalog {
	lowest, highest := 1.0, 100.0
	return hone.Catalog{
		Algorithms: []hone.Choice{{Name: "auto"}, {Name: "grid", Settings: []hone.Setting{
			{Name: "points", Summary: "points of a continuous parameter", Type: "int", Min: &lowest, Max: &highest},
			{Name: "order", Type: "string", OneOf: []string{"forward", "backward"}},
			{Name: "shuffle", Type: "bool"}, {Name: "from", Type: "double", Min: &lowest}, {Name: "to", Type: "double", Max: &highest},
		}}, {Name: "needy", Settings: []hone.Setting{{Name: "model", Summary: "the model to ask", Type: "string", Required: true}}}},
		EarlyStopping: []hone.Choice{{Name: "none"}, {Name: "median"}},
	}
}

func validExperiment() hone.Experiment {
	return hone.Experiment{Name: "digits", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		SearchSpace: hone.NewSpace(hone.Double("lr", 1e-5, 0.1).Log(), hone.Int("layers", 1, 4),
			hone.Categorical("optimizer", "sgd", "adam"), hone.Double("momentum", 0, 1).When("optimizer", "sgd")),
		Trial: &hone.TrialTemplate{Command: []string{"./train"}},
	}}
}

func TestAValidExperiment(t *testing.T) {
	require.NoError(t, validExperiment().Validate(validCatalog(), compiler{}))
	external := validExperiment()
	external.Spec.Trial = nil
	require.NoError(t, external.Validate(validCatalog(), compiler{}))
}

func TestWhatIsRefused(t *testing.T) {
	parameter := func(p hone.Parameter) func(*hone.Experiment) {
		return func(e *hone.Experiment) { e.Spec.Parameters = append(e.Spec.Parameters, p) }
	}
	settings := func(name string, settings map[string]hone.Value) func(*hone.Experiment) {
		return func(e *hone.Experiment) { e.Spec.Algorithm = hone.AlgorithmSpec{Name: name, Settings: settings} }
	}
	for name, c := range map[string]struct {
		change func(*hone.Experiment)
		want   string
	}{
		"no name":                             {func(e *hone.Experiment) { e.Name = "" }, "metadata.name: is missing"},
		"a name that is too long":             {func(e *hone.Experiment) { e.Name = strings.Repeat("a", 41) }, "metadata.name: has 41 characters; at most 40 are allowed"},
		"a name that begins with a digit":     {func(e *hone.Experiment) { e.Name = "1a" }, "metadata.name: \"1a\" must be lower case"},
		"a namespace in capitals":             {func(e *hone.Experiment) { e.Namespace = "A" }, "metadata.namespace: \"A\" must be lower case"},
		"a label that is too long":            {func(e *hone.Experiment) { e.Labels = map[string]string{"a": strings.Repeat("x", 64)} }, "metadata.labels.a: "},
		"no metric":                           {func(e *hone.Experiment) { e.Spec.Objective.Metric = "" }, "spec.objective.metric: is missing"},
		"a metric with a space":               {func(e *hone.Experiment) { e.Spec.Objective.Metric = "a b" }, "spec.objective.metric: \"a b\" is not the name of a metric"},
		"a metric with brackets":              {func(e *hone.Experiment) { e.Spec.Objective.Metric = "metrics/mAP50(B)" }, `at most 255 of them; other characters are read as underscores: write "metrics/mAP50_B"`},
		"a metric of nothing that is allowed": {func(e *hone.Experiment) { e.Spec.Metrics.Record = []string{"()"} }, `spec.metrics.record[0]: "()" is not the name of a metric`},
		"no goal":                             {func(e *hone.Experiment) { e.Spec.Objective.Goal = "" }, "spec.objective.goal: is missing: maximize or minimize"},
		"a misspelt goal":                     {func(e *hone.Experiment) { e.Spec.Objective.Goal = "maximise" }, `did you mean "maximize"?`},
		"a target that is not finite":         {func(e *hone.Experiment) { x := math.Inf(1); e.Spec.Objective.Target = &x }, "spec.objective.target: must be a finite number"},
		"no parameters":                       {func(e *hone.Experiment) { e.Spec.Parameters = nil }, "spec.parameters: is empty"},
		"a log scale from 0":                  {parameter(hone.Double("x", 0, 1).Log()), "spec.parameters[4].scale: log needs a min greater than 0, not 0"},
		"a step larger than the range":        {parameter(hone.Double("x", 0, 1).By(2)), "spec.parameters[4].step: 2 is larger than the range from 0 to 1"},
		"a negative step":                     {parameter(hone.Double("x", 0, 1).By(-1)), "spec.parameters[4].step: must be greater than 0"},
		"a step that makes too many values":   {parameter(hone.Double("x", 0, 1e10).By(1e-10)), "spec.parameters[4].step: 1e-10 makes more values than can be counted"},
		"min above max":                       {parameter(hone.Int("x", 2, 1)), "spec.parameters[4].min: 2 is greater than max 1"},
		"an int that is not whole":            {parameter(hone.Parameter{Name: "x", Type: hone.IntType, Min: 0.5, Max: 2}), "spec.parameters[4].min: must be a whole number up to 2^53 in size, not 0.5"},
		"an int beyond what doubles hold":     {parameter(hone.Parameter{Name: "x", Type: hone.IntType, Min: 0, Max: 1 << 60}), "spec.parameters[4].max: must be a whole number up to 2^53 in size"},
		"a range that is too wide":            {parameter(hone.Double("x", -1e308, 1e308)), "spec.parameters[4].max: the range from min to max is too wide for a double"},
		"a range that is not finite":          {parameter(hone.Double("x", math.NaN(), 1)), "spec.parameters[4].min: must be a finite number"},
		"discrete values out of order":        {parameter(hone.Discrete("x", 1, 3, 2)), "spec.parameters[4].values[2]: 2 is less than the value before it"},
		"a value that stands there twice":     {parameter(hone.Categorical("x", "a", "a")), `spec.parameters[4].values[1]: "a" stands there twice`},
		"a text in a discrete parameter":      {parameter(hone.Parameter{Name: "x", Type: hone.DiscreteType, Values: []hone.Value{hone.String("a")}}), `spec.parameters[4].values[0]: "a" is not a number`},
		"no values":                           {parameter(hone.Categorical("x")), "spec.parameters[4].values: is missing"},
		"a value with a NUL":                  {parameter(hone.Categorical("x", "a\x00")), "spec.parameters[4].values[0]: contains a NUL byte"},
		"an unknown type":                     {parameter(hone.Parameter{Name: "x", Type: "flaot"}), "spec.parameters[4].type: \"flaot\" is not one of double, int, discrete, categorical"},
		"a name with a space":                 {parameter(hone.Int("a b", 1, 2)), "spec.parameters[4].name: \"a b\" must be letters"},
		"a name that is there already":        {parameter(hone.Int("lr", 1, 2)), "spec.parameters[4].name: \"lr\" is the name of an earlier parameter"},
		"a name that collides in the environ": {parameter(hone.Int("LR", 1, 2)), "spec.parameters[4].name: \"LR\" and \"lr\" are both HONE_PARAM_LR"},
		"a condition on nothing":              {parameter(hone.Int("x", 1, 2).When("optimiser", "sgd")), `spec.parameters[4].when.optimiser: there is no parameter "optimiser"; did you mean "optimizer"?`},
		"a condition on itself":               {parameter(hone.Int("x", 1, 2).When("x", 1)), "spec.parameters[4].when.x: a parameter cannot depend on itself"},
		"a condition on a later parameter":    {func(e *hone.Experiment) { e.Spec.Parameters[0] = e.Spec.Parameters[0].When("layers", 1) }, `spec.parameters[0].when.layers: "layers" must stand before`},
		"a condition on a value that is none": {parameter(hone.Int("x", 1, 2).When("optimizer", "sgd", "rmsprop")), `spec.parameters[4].when.optimizer[1]: "rmsprop" is not a value of "optimizer": it takes one of "sgd", "adam"`},
		"a condition on an int out of range":  {parameter(hone.Int("x", 1, 2).When("layers", 9)), `spec.parameters[4].when.layers[0]: 9 is not a value of "layers"`},
		"a constraint that does not compile":  {func(e *hone.Experiment) { e.Spec.Constraints = []string{"lr<1", "lr!"} }, "spec.constraints[1]: is not name<number"},
		"constraints that nothing satisfies":  {func(e *hone.Experiment) { e.Spec.Constraints = []string{"layers<0"} }, "spec.constraints[0]: none of 100000 points drawn at random satisfies layers<0"},
		"a finite space without a point":      {func(e *hone.Experiment) { e.Spec.SearchSpace = hone.NewSpace(hone.Int("n", 1, 9)).Where("n<1") }, "spec.constraints[0]: no point satisfies n<1: all 9 points of the space were tried"},
		"a constraint that not even the initial point satisfies": {func(e *hone.Experiment) {
			e.Spec.Constraints = []string{"lr<1", "layers<1"}
			e.Spec.Initial = []map[string]hone.Value{{"layers": hone.Number(1)}, {"optimizer": hone.String("adam")}}
		}, "spec.constraints[1]: none of 100000 points drawn at random satisfies layers<1; if a point can"},
		"an initial point outside": {func(e *hone.Experiment) { e.Spec.Initial = []map[string]hone.Value{{}, {"layers": hone.Number(5)}} }, `spec.initial[1]: 5 is not a value of "layers": it takes a whole number from 1 to 4`},
		"an initial point that breaks one": {func(e *hone.Experiment) {
			e.Spec.Constraints = []string{"layers<3"}
			e.Spec.Initial = []map[string]hone.Value{{"layers": hone.Number(4)}}
		}, "spec.initial[0]: layers=4 breaks the constraint layers<3"},
		"an unknown algorithm":                {settings("gird", nil), `spec.algorithm.name: there is no algorithm "gird"; did you mean "grid"?; there are auto, grid, needy`},
		"an unknown setting":                  {settings("grid", map[string]hone.Value{"point": hone.Number(1)}), `spec.algorithm.settings.point: "grid" has no setting "point"; did you mean "points"?; it has points, order, shuffle, from, to`},
		"a setting that is not whole":         {settings("grid", map[string]hone.Value{"points": hone.Number(1.5)}), "spec.algorithm.settings.points: must be a whole number, not 1.5"},
		"a setting out of range":              {settings("grid", map[string]hone.Value{"points": hone.Number(101)}), "spec.algorithm.settings.points: must be from 1 to 100, not 101"},
		"a setting that is too small":         {settings("grid", map[string]hone.Value{"from": hone.Number(0)}), "spec.algorithm.settings.from: must be at least 1, not 0"},
		"a setting that is too large":         {settings("grid", map[string]hone.Value{"to": hone.Number(200)}), "spec.algorithm.settings.to: must be at most 100, not 200"},
		"a setting that is NaN":               {settings("grid", map[string]hone.Value{"to": hone.Number(math.NaN())}), "spec.algorithm.settings.to: must be at most 100, not NaN"},
		"a setting of a wrong type":           {settings("grid", map[string]hone.Value{"shuffle": hone.String("yes")}), `spec.algorithm.settings.shuffle: must be a bool, not "yes"`},
		"a setting that is none of the words": {settings("grid", map[string]hone.Value{"order": hone.String("foward")}), `must be one of forward, backward, not "foward"; did you mean "forward"?`},
		"a setting that is needed":            {settings("needy", nil), `spec.algorithm.settings: "needy" needs the setting "model": the model to ask`},
		"a seed beyond what doubles hold":     {func(e *hone.Experiment) { s := uint64(1<<53 + 1); e.Spec.Algorithm.Seed = &s }, "spec.algorithm.seed: must be at most"},
		"an unknown early stopping rule":      {func(e *hone.Experiment) { e.Spec.EarlyStopping.Name = "medain" }, `spec.earlyStopping.name: there is no early stopping rule "medain"`},
		"a billion trials":                    {func(e *hone.Experiment) { e.Spec.Budget.Trials = 1_000_000_000 }, "spec.budget.trials: must be from 1 to 10000000"},
		"a negative parallelism":              {func(e *hone.Experiment) { e.Spec.Parallelism = -1 }, "spec.parallelism: must be from 1 to 10000, not -1"},
		"a negative duration":                 {func(e *hone.Experiment) { e.Spec.Budget.Duration = -1 }, "spec.budget.duration: must not be negative"},
		"a plateau over no trials":            {func(e *hone.Experiment) { e.Spec.Stop.Plateau = &hone.Plateau{} }, "spec.stop.plateau.trials: must be from 1"},
		"a file without its name":             {func(e *hone.Experiment) { e.Spec.Metrics.Source = "file" }, "spec.metrics.path: is missing"},
		"a path without source file":          {func(e *hone.Experiment) { e.Spec.Metrics.Path = "x" }, "spec.metrics.path: is only for source: file"},
		"a path that leads out":               {func(e *hone.Experiment) { e.Spec.Metrics = hone.MetricsSpec{Source: "file", Path: "../x"} }, "spec.metrics.path: \"../x\" must lie in the trial's directory"},
		"a pattern that is none":              {func(e *hone.Experiment) { e.Spec.Metrics.Pattern = "(" }, "spec.metrics.pattern: is not an RE2 expression"},
		"a pattern without groups":            {func(e *hone.Experiment) { e.Spec.Metrics.Pattern = "(?P<value>x)" }, "spec.metrics.pattern: needs a group (?P<name>…)"},
		"a pattern for JSON": {func(e *hone.Experiment) {
			e.Spec.Metrics = hone.MetricsSpec{Format: "json", Pattern: "(?P<name>a)(?P<value>b)"}
		}, "spec.metrics.pattern: is only for format: text"},
		"no command":                           {func(e *hone.Experiment) { e.Spec.Trial.Command = nil }, "spec.trial.command: is missing"},
		"an empty program":                     {func(e *hone.Experiment) { e.Spec.Trial.Command = []string{""} }, "spec.trial.command[0]: is empty"},
		"an argument with a NUL":               {func(e *hone.Experiment) { e.Spec.Trial.Command = []string{"a", "b\x00"} }, "spec.trial.command[1]: contains a NUL byte"},
		"a manifest beside a command":          {func(e *hone.Experiment) { e.Spec.Trial.Manifest = []byte("{}") }, "spec.trial.manifest: stands alone"},
		"a variable that is none":              {func(e *hone.Experiment) { e.Spec.Trial.Env = map[string]string{"A=B": "c"} }, "spec.trial.env.A=B: is not a variable that an environment can hold"},
		"a negative timeout":                   {func(e *hone.Experiment) { e.Spec.Trial.Timeout = -1 }, "spec.trial.timeout: must not be negative"},
		"an unknown way to treat a lost trial": {func(e *hone.Experiment) { e.Spec.OnLost = "ignore" }, "spec.onLost: \"ignore\" is not one of retry, fail"},
	} {
		t.Run(name, func(t *testing.T) {
			e := validExperiment()
			c.change(&e)
			err := e.Validate(validCatalog(), compiler{})
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
			var fields hone.FieldErrors
			require.True(t, errors.As(err, &fields))
			require.Len(t, fields, 1, "one mistake is reported once, without others in its wake")
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	e := validExperiment()
	e.Name, e.Spec.Objective.Metric, e.Spec.Parallelism, e.Spec.Trial.Command = "", "", -1, nil
	e.Spec.Parameters[0].Min = 5
	var fields hone.FieldErrors
	require.True(t, errors.As(e.Validate(validCatalog(), compiler{}), &fields))
	require.Len(t, fields, 5)
}

func TestDefaultsAreFilledInOnce(t *testing.T) {
	s := validExperiment().Spec.WithDefaults()
	require.Equal(t, s, s.WithDefaults())
	require.Equal(t, hone.DefaultTrials, s.Budget.Trials)
	require.Equal(t, hone.DefaultFailures, s.Budget.FailureLimit())
	s.Budget = hone.Budget{Duration: 1}
	require.Zero(t, s.WithDefaults().Budget.Trials, "a duration is a limit as well")
}

// TestHostileConditionsAreCheckedInBoundedTime: a long list of values in the conditions of many parameters.
func TestHostileConditionsAreCheckedInBoundedTime(t *testing.T) {
	e := validExperiment()
	parent := hone.Parameter{Name: "parent", Type: hone.DiscreteType}
	for i := range hone.MaxValues {
		parent.Values = append(parent.Values, hone.Number(float64(i)))
	}
	e.Spec.Parameters = []hone.Parameter{parent}
	for _, name := range strings.Fields(strings.Repeat("x ", 300)) {
		p := hone.Int(name+strings.Repeat("a", len(e.Spec.Parameters)%60)+string(rune('a'+len(e.Spec.Parameters)/60)), 0, 1)
		p.Conditions = []hone.Condition{{Parameter: "parent", Values: parent.Values}}
		e.Spec.Parameters = append(e.Spec.Parameters, p)
	}
	require.NoError(t, e.Validate(validCatalog(), compiler{}))
}
