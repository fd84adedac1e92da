package spec_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

func constraintSpace() []hone.Parameter {
	return []hone.Parameter{
		hone.Int("layers", 1, 8), hone.Int("batch", 1, 1024), hone.Double("lr", 0, 1),
		hone.Double("learning-rate", 0, 1), hone.Double("weight.decay", 0, 1), hone.Int("loop", 0, 9),
		hone.Categorical("optimizer", "sgd", "adam"), hone.Categorical("nesterov", true, false),
		hone.Categorical("mixed", "none", 3, true), hone.Discrete("width", 0.5, 2), hone.Categorical("numbers", 1, 2),
		hone.Int("size", 0, 9), hone.Int("double", 0, 9),
	}
}

func constraintPoint() hone.Assignments {
	return hone.Assignments{
		{Parameter: "layers", Value: hone.Number(4)}, {Parameter: "batch", Value: hone.Number(64)}, {Parameter: "lr", Value: hone.Number(0.01)},
		{Parameter: "learning-rate", Value: hone.Number(0.5)}, {Parameter: "weight.decay", Value: hone.Number(0)}, {Parameter: "loop", Value: hone.Number(7)},
		{Parameter: "optimizer", Value: hone.String("sgd")}, {Parameter: "nesterov", Value: hone.Bool(true)},
		{Parameter: "mixed", Value: hone.Number(3)}, {Parameter: "width", Value: hone.Number(0.5)}, {Parameter: "numbers", Value: hone.Number(2)},
		{Parameter: "size", Value: hone.Number(3)}, {Parameter: "double", Value: hone.Number(2)},
	}
}

func TestConstraints(t *testing.T) {
	for expression, want := range map[string]bool{
		"layers * batch <= 256":    true,
		"layers * batch < 256":     false,
		"7/2 == 3.5":               true,
		"7 / 2 > 3":                true,
		"1/3 + 1/3 + 1/3 == 1":     true,
		"layers / 8 == 0.5":        true,
		"-layers == -4":            true,
		"- 4 + layers == 0":        true,
		"batch % 16 == 0":          true,
		"batch % 3 == 1":           true,
		"-7 % 3 == -1":             true,
		"7.5 % 2 == 1.5":           false, // % works on whole values
		"batch % 0 == 0":           false,
		"batch % 0 != 0":           false,
		"lr / 0 > 1":               false, // an expression that fails does not hold
		"!(lr / 0 > 1)":            false,
		"lr == 0.01 || lr / 0 > 1": true,
		`p["weight.decay"] == 0 || lr / p["weight.decay"] > 1`: true,
		`p["learning-rate"] < 1`:                               true,
		`p["lr"] + p.lr == 0.02`:                               true,
		`p["loop"] == 7`:                                       true,
		`optimizer == 'sgd' && layers > 2`:                     true,
		`optimizer in ["adam", "sgd"]`:                         true,
		`optimizer in ["adam"]`:                                false,
		"layers in [1, 2, 4]":                                  true,
		"nesterov":                                             true,
		"!nesterov || lr < 0.1":                                true,
		"nesterov == true":                                     true,
		"mixed == 3":                                           true,
		`mixed == "none"`:                                      false,
		"mixed + 1 == 4":                                       true,
		"width < 1":                                            true,
		"numbers == 2":                                         true,
		"lr > 0.001 ? layers > 3 : layers > 5":                 true,
		`optimizer.startsWith("s") && size(optimizer) == 3`:    true,
		`optimizer.matches("^s.d$") && optimizer.size() < 4.5`: true,
		"int(7.9) == 7 && double(3) == 3":                      true,
		"size([1, 2]) == 2":                                    true,
		"size == 3 && double == 2":                             true, // parameters, not functions
		"1e-2 == lr && 0x10 == 16 && 5u == 5":                  true,
		"9007199254740993 == 9007199254740992":                 true, // doubles
		"layers\n*\nbatch <= 256 // with a comment":            true,
	} {
		t.Run(expression, func(t *testing.T) {
			c, err := spec.New(catalog()).CompileConstraint(expression, constraintSpace())
			require.NoError(t, err)
			require.Equal(t, expression, c.String())
			require.Equal(t, want, c.Holds(constraintPoint()))
		})
	}
}

func TestAConstraintKnowsItsParameters(t *testing.T) {
	c, err := spec.New(catalog()).CompileConstraint(`layers * batch <= 256 && p["learning-rate"] < 1 || p.lr > layers && optimizer == "batch"`, constraintSpace())
	require.NoError(t, err)
	require.Equal(t, []string{"layers", "batch", "learning-rate", "lr", "optimizer"}, c.Parameters())
}

func TestAParameterMayBeCalledP(t *testing.T) {
	c, err := spec.New(catalog()).CompileConstraint(`p > 1 && p["p"] > 1 && p["lr"] == 0`, []hone.Parameter{hone.Int("p", 0, 9), hone.Int("lr", 0, 9)})
	require.NoError(t, err)
	require.True(t, c.Holds(hone.Assignments{{Parameter: "p", Value: hone.Number(2)}, {Parameter: "lr", Value: hone.Number(0)}}))
}

func TestMistakesInConstraints(t *testing.T) {
	for expression, want := range map[string]string{
		"":                        "is empty: write an expression such as layers * batch <= 256",
		"layers * batch":          "must be true or false, but it is of type double",
		"mixed":                   "must be true or false, but it is of type dyn",
		"layer < 3":               `there is no parameter "layer"; did you mean "layers"? (line 1, column 1 of the expression)`,
		"1 < 2 && zzz < 3":        `there is no parameter "zzz" (line 1, column 10 of the expression)`,
		"learning-rate < 1":       `there is no parameter "learning"; did you mean p["learning-rate"]? (line 1, column 1 of the expression)`,
		"weight.decay < 1":        `there is no parameter "weight.decay"; did you mean p["weight.decay"]? (line 1, column 7 of the expression)`,
		`p["leyers"] < 1`:         `there is no parameter "leyers"; did you mean "layers"? (line 1, column 2 of the expression)`,
		"p < 1":                   `there is no parameter "p"; write p["lr"] for the parameter lr (line 1, column 1 of the expression)`,
		"loop < 1":                `loop is a reserved word of CEL; write the parameter as p["loop"]`,
		"p[lr] < 1":               `[…] is only for parameters by their name, as in p["learning-rate"] (line 1, column 2 of the expression)`,
		"optimizer[0] == 's'":     `[…] is only for parameters by their name, as in p["learning-rate"] (line 1, column 10 of the expression)`,
		"optimizer + 'x' == 'ax'": "+ cannot be applied to (string, string) (line 1, column 11 of the expression)",
		"optimizer == 3":          "== cannot be applied to (string, double) (line 1, column 11 of the expression)",
		"layers <":                "the expression ends too early (line 1, column 9 of the expression)",
		"layers = 3":              "= is no operator; did you mean ==? (line 1, column 8 of the expression)",
		"layers\n* batch = 256":   "= is no operator; did you mean ==? (line 2, column 9 of the expression)",
		"layers === 3":            "=== is no operator; did you mean ==?",
		"layers =< 3":             "did you mean <=?",
		"layers <> 3":             "did you mean !=?",
		"layers ≤ 3":              "did you mean <=?",
		"layers > 1 AND lr < 1":   "and is no operator; did you mean &&? (line 1, column 12 of the expression)",
		"layers > 1 or lr < 1":    "did you mean ||?",
		"not nesterov":            "not is no operator; write !(…)",
		"layers ** 2 > 1":         "there are no powers; write x * x",
		"1 < layers < 3":          "< cannot be applied to (bool, double); write a < b && b < c for a < b < c (line 1, column 12 of the expression)",
		"(layers < 3":             "the expression ends too early",
		"layers < 3)":             `")" cannot stand here (line 1, column 11 of the expression)`,
		"optimizer == 'sgd":       "the text that begins here is not closed",
		"optimizer == “sgd”":      "texts stand in straight quotes",
		"$lr < 1":                 "write the name of the parameter alone, without $",
		"foo(layers) > 1":         "there is no function foo; there are contains, startsWith, endsWith, matches, int, double, size (line 1, column 4 of the expression)",
		"[1, 2].all(x, x > 1)":    "there is no function all; there are",
		"{'a': 1} == {'a': 1}":    "maps, messages and macros are not for constraints",
		"has(p.lr)":               "there is no function has",
		"null == null":            "null_type is no value that a parameter could have",
		strings.Repeat("x", 3000): "has 3000 bytes; at most 2000 are allowed",
	} {
		t.Run(clip(expression), func(t *testing.T) {
			_, err := spec.New(catalog()).CompileConstraint(expression, constraintSpace())
			require.ErrorContains(t, err, want)
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.NotRegexp(t, "token recognition|mismatched|extraneous|viable|EOF|Syntax error", err.Error(), "words of the grammar's author")
		})
	}
}

func clip(s string) string { return s[:min(len(s), 40)] }

// TestHostileConstraintsCostLittle: no expression of the length that is allowed blows up, in depth or size.
func TestHostileConstraintsCostLittle(t *testing.T) {
	d := spec.New(catalog())
	for _, expression := range []string{
		strings.Repeat("(", 1999), strings.Repeat("[", 1999), strings.Repeat("!", 1999) + "x", strings.Repeat("-", 1999) + "1",
		strings.Repeat("true?", 390) + "true" + strings.Repeat(":true", 9), strings.Repeat("1+", 999) + "1 > 0",
		strings.Repeat("true&&", 330) + "true", "lr" + strings.Repeat(".a", 990), strings.Repeat("{1:", 600),
		strings.Repeat("true||(", 250) + "true" + strings.Repeat(")", 250), "'" + strings.Repeat(`\n`, 990) + "'",
	} {
		c, err := d.CompileConstraint(expression, constraintSpace())
		if err == nil {
			c.Holds(constraintPoint())
		} else {
			require.Less(t, len(err.Error()), 300)
		}
	}
}

func TestAConstraintMayBeUsedByManyAtOnce(t *testing.T) {
	c, err := spec.New(catalog()).CompileConstraint("layers * batch <= 256", constraintSpace())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range 500 {
				a := hone.Assignments{{Parameter: "layers", Value: hone.Number(float64(i))}, {Parameter: "batch", Value: hone.Number(float64(k))}}
				if c.Holds(a) != (i*k <= 256) {
					t.Errorf("%s at %s", c, a)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkConstraint(b *testing.B) {
	c, err := spec.New(catalog()).CompileConstraint(`layers * batch <= 256 && (optimizer == "sgd" || lr < 0.1)`, constraintSpace())
	require.NoError(b, err)
	point := constraintPoint()
	b.ReportAllocs()
	for b.Loop() {
		c.Holds(point)
	}
}

func BenchmarkCompileConstraint(b *testing.B) {
	d, space := spec.New(catalog()), constraintSpace()
	for b.Loop() {
		if _, err := d.CompileConstraint("layers * batch <= 256", space); err != nil {
			b.Fatal(err)
		}
	}
}
