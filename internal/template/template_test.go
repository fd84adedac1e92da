package template_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
)

func parameters() []hone.Parameter {
	return []hone.Parameter{
		hone.Double("lr", 1e-5, 1e-1).Log(),
		hone.Int("layers", 1, 4),
		hone.Categorical("optimizer", "sgd", "adam"),
		hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
		hone.Categorical("nesterov", true, false).When("optimizer", "sgd"),
		hone.Categorical("weight.decay", 0, "none"),
	}
}

func digits() hone.Experiment {
	return hone.Experiment{Name: "digits", Spec: hone.Spec{SearchSpace: hone.NewSpace(parameters()...)}}
}

// adam is a trial in which momentum is not active; in sgd it is.
func adam() template.Values {
	return template.For(digits(), hone.Trial{Number: 17, Parameters: hone.Assignments{
		{Parameter: "lr", Value: hone.Number(0.001)}, {Parameter: "layers", Value: hone.Number(2)},
		{Parameter: "optimizer", Value: hone.String("adam")}, {Parameter: "weight.decay", Value: hone.String("none")},
	}})
}

func sgd() template.Values {
	e := digits()
	e.Namespace = "vision"
	return template.For(e, hone.Trial{Number: 3, Parameters: hone.Assignments{
		{Parameter: "lr", Value: hone.Number(1e-7)}, {Parameter: "layers", Value: hone.Number(2)},
		{Parameter: "optimizer", Value: hone.String("sgd")}, {Parameter: "momentum", Value: hone.Number(0.9)},
		{Parameter: "nesterov", Value: hone.Bool(true)}, {Parameter: "weight.decay", Value: hone.Number(0)},
	}})
}

func TestStrings(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing to expand":                        {"plain $HOME $$ {x} $", "plain $HOME $$ {x} $"},
		"a parameter":                              {"--lr=${parameters.lr}", "--lr=0.001"},
		"an int has no point":                      {"${parameters.layers}", "2"},
		"a name with a point":                      {"${parameters.weight.decay}", "none"},
		"several in one string":                    {"${parameters.lr}/${parameters.layers}${parameters.optimizer}", "0.001/2adam"},
		"the trial and the experiment":             {"${trial.name} ${trial.number} ${experiment.name} ${experiment.namespace}", "digits-0017 17 digits default"},
		"an inactive one inside a longer string":   {"m=${parameters.momentum};", "m=;"},
		"a literal ${":                             {"$${parameters.lr}", "${parameters.lr}"},
		"a literal ${ that is not closed":          {"a$${b", "a${b"},
		"a dollar in front of a literal ${":        {"$$${x}", "$${x}"},
		"a literal right behind a placeholder":     {"${parameters.layers}$${x}", "2${x}"},
		"braces around a placeholder":              {"{${parameters.layers}}", "{2}"},
		"values are not looked at again":           {"${parameters.optimizer}$", "adam$"},
		"line breaks and quotes stay as they are":  {"a\n\"'${parameters.layers}'\"\t\\", "a\n\"'2'\"\t\\"},
		"bytes that are no UTF-8 stay as they are": {"\xff${parameters.layers}\xfe", "\xff2\xfe"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := adam().String(c.text)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Empty(t, template.NewChecker(parameters()).String(c.text))
		})
	}
}

func TestAnExperimentsNamespaceIsItsOwn(t *testing.T) {
	got, err := sgd().String("${experiment.namespace} ${parameters.lr}")
	require.NoError(t, err)
	require.Equal(t, "vision 1e-7", got)
}

func TestMistakesInStrings(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a parameter that is not there": {"${parameters.zzz}", `there is no parameter "zzz"`},
		"a misspelt parameter":          {"${parameters.layer}", `there is no parameter "layer"; did you mean ${parameters.layers}?`},
		"spaces":                        {"${parameters. lr }", `there is no parameter " lr "; did you mean ${parameters.lr}?`},
		"spaces around the whole":       {"${ trial.name }", `there is no placeholder ${ trial.name }; did you mean ${trial.name}?`},
		"without its prefix":            {"${momentum}", `there is no placeholder ${momentum}; did you mean ${parameters.momentum}?`},
		"with another prefix":           {"${trialParameters.lr}", `there is no placeholder ${trialParameters.lr}; did you mean ${parameters.lr}?`},
		"a misspelt one":                {"${trail.name}", `there is no placeholder ${trail.name}; did you mean ${trial.name}?`},
		"a variable of the environment": {"${HOME}", "there is no placeholder ${HOME}; there are ${parameters.NAME}, ${trial.name}, ${trial.number}, ${experiment.name} and ${experiment.namespace}; write $${HOME} for the text itself"},
		"an empty one":                  {"a${}", "there is no placeholder ${}; there are ${parameters.NAME}, ${trial.name}, ${trial.number}, ${experiment.name} and ${experiment.namespace}; write $${} for the text itself"},
		"one that is not closed":        {"a ${parameters.lr", "the placeholder ${parameters.lr is not closed with }; write $${ for the text ${ itself"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []template.Problem{{Message: c.want}}, template.NewChecker(parameters()).String(c.text))
			_, err := adam().String(c.text)
			require.EqualError(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}

func TestArguments(t *testing.T) {
	list := []string{"prog", "--lr=${parameters.lr}", "--momentum=${parameters.momentum}", "${parameters.momentum}",
		"--m=${parameters.momentum}.", "${parameters.layers}=${parameters.momentum}", "--${trial.number}=${parameters.momentum}", ""}

	got, err := adam().List(list)
	require.NoError(t, err)
	require.Equal(t, []string{"prog", "--lr=0.001", "", "--m=.", ""}, got,
		"TEXT= without a value is dropped, one that is not the whole is not, one that is alone becomes empty")

	got, err = sgd().List(list)
	require.NoError(t, err)
	require.Equal(t, []string{"prog", "--lr=1e-7", "--momentum=0.9", "0.9", "--m=0.9.", "2=0.9", "--3=0.9", ""}, got)

	_, err = adam().List([]string{"prog", "${parameters.x}"})
	require.EqualError(t, err, `element 1: there is no parameter "x"`)
}

func TestAnActiveEmptyValueIsNotDropped(t *testing.T) {
	e := hone.Experiment{Name: "x", Spec: hone.Spec{SearchSpace: hone.NewSpace(hone.Categorical("suffix", "", "a"))}}
	v := template.For(e, hone.Trial{Number: 1, Parameters: hone.Assignments{{Parameter: "suffix", Value: hone.String("")}}})
	got, err := v.List([]string{"--suffix=${parameters.suffix}"})
	require.NoError(t, err)
	require.Equal(t, []string{"--suffix="}, got)
}

func TestAConditionalParameterBehindAFlag(t *testing.T) {
	check := func(list ...string) []template.Problem { return template.NewChecker(parameters()).List(list) }
	require.Equal(t, []template.Problem{{Path: "[2]", Message: `"momentum" is not always active, and then nothing would stand behind --momentum; write "--momentum=${parameters.momentum}" as one element, which is left out when "momentum" is not active`}},
		check("prog", "--momentum", "${parameters.momentum}"))
	require.Len(t, check("prog", "--", "${parameters.momentum}"), 1)
	require.Contains(t, check("prog", "-a=b", "${parameters.momentum}")[0].Message, `write "--flag=${parameters.momentum}"`)
	require.Empty(t, check("prog", "--lr", "${parameters.lr}"), "always active")
	require.Empty(t, check("prog", "${parameters.momentum}"), "no flag before it")
	require.Empty(t, check("prog", "--momentum", "x${parameters.momentum}"), "not alone")
	require.Empty(t, check("prog", "--name", "${trial.name}"))
}

func TestTrees(t *testing.T) {
	tree := map[string]any{
		"kind": "Job", "${parameters.lr}": true, "n": 3.0, "null": nil,
		"spec": map[string]any{
			"replicas": "${parameters.layers}", "nesterov": "${parameters.nesterov}", "lr": "${parameters.lr}",
			"text": "${parameters.layers} layers", "number": "${trial.number}",
			"args": []any{"--lr=${parameters.lr}", "--momentum=${parameters.momentum}", "${parameters.layers}", 7.0,
				map[string]any{"name": "M", "value": "${parameters.momentum}"}, []any{"${experiment.name}"}},
		},
	}
	got, err := adam().Tree(tree)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"kind": "Job", "${parameters.lr}": true, "n": 3.0, "null": nil,
		"spec": map[string]any{
			"replicas": 2.0, "nesterov": "", "lr": 0.001, "text": "2 layers", "number": "17",
			"args": []any{"--lr=0.001", 2.0, 7.0, map[string]any{"name": "M", "value": ""}, []any{"digits"}},
		},
	}, got)
	require.Equal(t, "${parameters.layers}", tree["spec"].(map[string]any)["replicas"], "the template itself does not change")

	got, err = sgd().Tree(tree)
	require.NoError(t, err)
	spec := got.(map[string]any)["spec"].(map[string]any)
	require.Equal(t, true, spec["nesterov"])
	require.Equal(t, "--momentum=0.9", spec["args"].([]any)[1])

	_, err = adam().Tree(map[string]any{"a": []any{"x", map[string]any{"b": "${c}"}}})
	require.ErrorContains(t, err, "a: [1]: b: there is no placeholder ${c}")
}

func TestMistakesInTreesHavePaths(t *testing.T) {
	c := template.NewChecker(parameters())
	problems := c.Tree(map[string]any{
		"b": map[string]any{"args": []any{"x", "-m", "${parameters.momentum}", "${y}", []any{"${z}"}}},
		"a": "${parameters.lr} ${x", "n": 1.0,
	})
	paths := make([]string, len(problems))
	for i, p := range problems {
		paths[i] = p.Path
	}
	require.Equal(t, []string{".a", ".b.args[2]", ".b.args[3]", ".b.args[4][0]"}, paths)
	require.True(t, c.Uses("momentum"))
	require.False(t, c.Uses("layers"))
}

func TestAHostileTemplateGivesABoundedNumberOfProblems(t *testing.T) {
	c := template.NewChecker(parameters())
	require.Len(t, c.String(strings.Repeat("${a}", 100_000)), template.MaxProblems)
	require.Empty(t, c.String("${a}"), "enough is enough")
	require.Empty(t, template.NewChecker(parameters()).String(strings.Repeat("${parameters.lr}", 100_000)))
	require.Len(t, template.NewChecker(parameters()).List(make([]string, 1)), 0)
	long := template.NewChecker(parameters()).String("${" + strings.Repeat("x", 1<<20) + "}")
	require.Less(t, len(long[0].Message), 500)
}

func TestEscapedTextMeansItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("${}ab. \n"))).Draw(t, "s")
		got, err := adam().String(template.Escape(s))
		require.NoError(t, err)
		require.Equal(t, s, got)
	})
}

func TestTextWithoutPlaceholdersIsNotTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string {
			return strings.ReplaceAll(string(b), "${", "$")
		})).Filter(func(list []string) bool { return !strings.Contains(strings.Join(list, "\x00"), "${") }).Draw(t, "list")
		got, err := adam().List(list)
		require.NoError(t, err)
		require.Equal(t, len(list), len(got))
		for i := range list {
			require.Equal(t, list[i], got[i])
		}
	})
}

// FuzzTemplate holds the checker and the expansion against each other: what the checker lets through expands,
// and what it refuses does not.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "$", "${", "${}", "$${", "$$${", "${parameters.lr}", "a=${parameters.momentum}", "${trial.name}${", "${parameters.${parameters.lr}}", "\xff${\xfe}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ok := len(template.NewChecker(parameters()).String(s)) == 0
		for _, v := range []template.Values{adam(), sgd()} {
			_, err := v.String(s)
			require.Equal(t, ok, err == nil)
			list, err := v.List([]string{"x", s})
			require.Equal(t, ok, err == nil)
			require.LessOrEqual(t, len(list), 2)
			_, err = v.Tree(map[string]any{"a": s, "b": []any{s}})
			require.Equal(t, ok, err == nil)
		}
	})
}

func BenchmarkList(b *testing.B) {
	list := []string{"python3", "train.py", "--lr=${parameters.lr}", "--layers=${parameters.layers}", "--optimizer=${parameters.optimizer}", "--momentum=${parameters.momentum}"}
	v := sgd()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.List(list); err != nil {
			b.Fatal(err)
		}
	}
}
