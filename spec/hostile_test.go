package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

func TestFilesThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct{ document, want string }{
		"an empty file":                {"", "the file is empty; `hone init` writes one to start from"},
		"nothing but a comment":        {"# hello\n", "the file is empty"},
		"a document that is null":      {"---\n", "line 2: expected a mapping with the fields apiVersion, kind, metadata, spec, got nothing"},
		"a list":                       {"- a\n", "line 1: expected a mapping with the fields apiVersion, kind, metadata, spec, got a list"},
		"a text":                       {"hello", "line 1: expected a mapping with the fields apiVersion, kind, metadata, spec, got the text \"hello\""},
		"several documents":            {minimal("---\na: b\n"), "the file has several documents (---); write each experiment into a file of its own"},
		"a file that is not UTF-8":     {"a: b\nc: \xe4\n", "line 2: the file is not UTF-8 text"},
		"UTF-16":                       {"\xff\xfea\x00", "line 1: the file is not UTF-8 text"},
		"a control character":          {"a: b\nc: \x1b[31m\n", "line 2: a control character (code 27) stands in the file"},
		"a NUL":                        {"a\x00", "line 1: a control character (code 0)"},
		"a tab for indentation":        {"spec:\n\tobjective: x\n", "line 2: the file is not YAML: found character that cannot start any token; indent with spaces, not with tabs"},
		"a list that is not closed":    {"a: [1,\n 2\n", "line 3: the file is not YAML: while parsing a flow sequence that begins in line 1: did not find expected ',' or ']'"},
		"a placeholder without quotes": {"command: [train, --lr=${parameters.lr}]\n", `put strings with placeholders in quotes, as in "--lr=${parameters.lr}"`},
		"a line indented too far":      {"a: 1\n  b: 2\n", "line 2: the file is not YAML: mapping values are not allowed in this context; is this line indented too far, or does the line before lack a value?"},
		"a colon in a text":            {"a: b: c\n", `line 1: the file is not YAML: mapping values are not allowed in this context; if a text contains ": ", put it in quotes`},
		"a quote that is not closed":   {"a: 'x\nb: 1\n", "that begins in line 1: found unexpected end of stream; the quote that begins the text is not closed"},
		"a text that begins with @":    {"a: @x\n", "a text that begins with @, % or a backquote needs quotes"},
		"an unknown anchor":            {"a: *b\n", "line 1: the file is not YAML: unknown anchor 'b' referenced"},
		"an alias inside what it is":   {"a: &x\n  b: [*x]\n", "a.b[0] (line 2): the alias *x stands inside what it names"},
		"another kind of document":     {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\n", "apiVersion (line 1): must be hone.dev/v1beta1, not \"apps/v1\": this is no experiment file of Hone\nkind (line 2): must be Experiment, not \"Deployment\": this is no experiment file of Hone"},
		"deep nesting":                 {strings.Repeat("[", 500) + strings.Repeat("]", 500), "line 1: the file is nested more than 64 levels deep"},
		"very deep nesting":            {strings.Repeat("[", 200_000), "line 1: the file is nested more than 64 levels deep"},
		"deep nesting in blocks":       {strings.Repeat("- ", 400) + "x", "line 1: the file is nested more than 64 levels deep"},
		"deep nesting in JSON":         {strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500), "line 1: the file is nested more than 64 levels deep"},
		"a file that is too large":     {"# " + strings.Repeat("x", spec.MaxSize), "the file has 1048578 bytes; an experiment file has at most 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			got := complaints(t, c.document)
			require.Contains(t, strings.Join(got, "\n"), c.want)
			require.Len(t, got, 1+strings.Count(c.want, "\n"))
		})
	}
}

// TestABillionLaughs: nine lines that stand for a billion values.
func TestABillionLaughs(t *testing.T) {
	laughs := "a0: &a0 [lol]\n"
	for i := 1; i < 10; i++ {
		laughs += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	require.Equal(t, []string{"line 2: the aliases of the file stand for more than 100000 values"}, complaints(t, laughs))
	maps := "a0: &a0 {a: 1, b: 2}\n"
	for i := 1; i < 30; i++ {
		maps += fmt.Sprintf("a%d: &a%d {x: *a%d, y: *a%d}\n", i, i, i-1, i-1)
	}
	require.Contains(t, complaints(t, maps)[0], "the aliases of the file stand for more than 100000 values")
}

func TestHugeFilesAreAnsweredWithABoundedNumberOfMistakes(t *testing.T) {
	many := func(pattern string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, pattern, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ document, want string }{
		"unknown fields":      {minimal(many("  f%d: 1\n", 10_000)), "spec.f0 (line 11): unknown field"},
		"the same field":      {minimal(strings.Repeat("  stop: {}\n", 10_000)), "spec.stop (line 12): stands there twice, the first time in line 11"},
		"unknown parameters":  {minimal(many("    - {nam: p%d}\n", 8_000)), "spec.parameters"},
		"unknown placeholder": {minimal("  trial:\n    command: [a, " + strings.Repeat("'${x}',", 20_000) + "]\n"), "spec.trial.command[1] (line 12): there is no placeholder ${x}"},
		"one long argument":   {minimal("  trial:\n    command: [a, '" + strings.Repeat("${x}", 50_000) + "']\n"), "spec.trial.command[1] (line 12): there is no placeholder ${x}"},
		"wrong constraints":   {minimal("  constraints: [" + strings.Repeat("a,", 20_000) + "]\n"), "spec.constraints (line 11): has 20000 constraints; at most 1000 are allowed"},
		"bad constraints":     {minimal("  constraints: [" + strings.Repeat("a < ,", 1000) + "]\n"), "spec.constraints[0] (line 11): "},
		"initial points":      {minimal("  initial: [" + strings.Repeat("{},", 20_000) + "]\n"), "spec.initial (line 11): has 20000 points; at most 10000 are allowed"},
		"wrong points":        {minimal("  initial: [" + strings.Repeat("{x: 1},", 2_000) + "]\n"), "spec.initial[0] (line 11): there is no parameter \"x\""},
		"empty lists":         {"[" + strings.Repeat("[],", 20_000) + "]", "line 1: expected a mapping"},
		"conditions":          {minimal("    - {name: x, type: int, min: 0, max: 1, when: {" + many("p%d: 1,", 10_000) + "}}\n"), "spec.parameters[4].when.p0 (line 11): there is no parameter"},
		"a billion trials":    {minimal("  budget: {trials: 1000000000}\n"), "spec.budget.trials (line 11): must be from 1 to 10000000, not 1000000000"},
		"more trials still":   {minimal("  budget: {trials: 1.0e+300}\n"), "spec.budget.trials (line 11): 1e+300 is too large"},
		"a long word":         {minimal("  objective" + strings.Repeat("x", 500_000) + ": 1\n"), "spec.objectivexxx"},
	} {
		t.Run(name, func(t *testing.T) {
			got := complaints(t, c.document)
			require.LessOrEqual(t, len(got), 101)
			require.Contains(t, strings.Join(got, "\n"), c.want)
			require.Less(t, len(strings.Join(got, "\n")), 50_000)
		})
	}
	got := complaints(t, minimal(many("  f%d: 1\n", 5000)))
	require.Len(t, got, 101)
	require.Equal(t, "and 4900 more mistakes", got[100])
}

// TestPointsThatCannotBeReachedCostABoundedTime: every initial point could be drawn for in vain.
func TestPointsThatCannotBeReachedCostABoundedTime(t *testing.T) {
	got := complaints(t, minimal("  constraints: [layers > 4]\n  initial: ["+strings.Repeat("{lr: 0.5},", 500)+"]\n"))
	require.Len(t, got, 1, "it is the constraint that is wrong, not the points")
	require.Contains(t, got[0], "spec.constraints[0] (line 11): none of 100000 points drawn at random satisfies layers > 4")
}

func TestLimitsAreFarAwayFromWhatPeopleWrite(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "    - {name: p%d, type: categorical, values: [%s]}\n", i, strings.TrimSuffix(strings.Repeat("v, ", 1), ", "))
	}
	deep := strings.Repeat("{a: ", 39) + "1" + strings.Repeat("}", 39)
	require.Len(t, decode(t, minimal(b.String()+"  trial: {manifest: {apiVersion: batch/v1, kind: Job, spec: "+deep+"}}\n")).Experiment.Spec.Parameters, 304)
}

// FuzzDecode: whatever the file, it is read or refused, quickly; and what was read survives being written.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "a: b", minimal(""), minimal("  trial: {command: [a, \"${parameters.lr}\"]}\n"), string(spec.Example("x")),
		minimal("  constraints: [\"layers < 3\"]\n  initial: [{lr: 0.5}]\n"), "a: &x [*x]", "<<: {a: b}", "? [a]\n: b", "{\"a\": 1e999}",
		minimal("  objectives: []\n  budget: {trials: 0x10, trials: ~}\n"), "{\"apiVersion\": \"hone.dev/v1beta1\", \"spec\": {\"parameters\": [{}, null]}}",
		minimal("  trial: {manifest: {a: [${x}]}, success: \"object.a == 1\"}\n"), "- !!binary aGk=\n- !x y\n- 017\n- .nan\n", "\ufeffkind: x",
	} {
		f.Add([]byte(s))
	}
	d := spec.New(catalog())
	f.Fuzz(func(t *testing.T, data []byte) {
		document, err := d.Decode(data, hone.Overrides{})
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.NotEmpty(t, err.Error())
			return
		}
		written, err := spec.Encode(document.Experiment)
		require.NoError(t, err)
		again, err := d.Decode(written, hone.Overrides{})
		require.NoError(t, err, "%s", written)
		require.Equal(t, document.Experiment, again.Experiment, "%s", written)
	})
}

// FuzzConstraint: whatever the expression, it is compiled or refused, and costs no more than its length.
func FuzzConstraint(f *testing.F) {
	for _, s := range []string{"layers * batch <= 256", "p[\"a\"] % 2 == 0", "lr in [1, 2]", "optimizer.matches('(a*)*')", "a ? b : c", "((((", "1/0 > 0 || true", "size('x') < 3"} {
		f.Add(s)
	}
	d, space, point := spec.New(catalog()), constraintSpace(), constraintPoint()
	f.Fuzz(func(t *testing.T, expression string) {
		c, err := d.CompileConstraint(expression, space)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			return
		}
		require.Equal(t, c.Holds(point), c.Holds(point))
		for _, name := range c.Parameters() {
			_, known := point.Get(name)
			require.True(t, known, name)
		}
	})
}
