package spec_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

// finishedJob is a Job as a client for Kubernetes parses it: whole numbers are int64.
func finishedJob() map[string]any {
	return map[string]any{
		"apiVersion": "batch/v1", "kind": "Job",
		"metadata": map[string]any{"name": "digits-0001", "namespace": "vision", "labels": map[string]any{"hone.dev/trial": "digits-0001"}},
		"spec":     map[string]any{"completions": int64(2), "suspend": false, "share": 0.5, "gone": nil},
		"status": map[string]any{
			"succeeded": int64(2), "ready": float64(0),
			"conditions": []any{
				map[string]any{"type": "SuccessCriteriaMet"},
				map[string]any{"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-23T11:03:00Z"},
			},
		},
	}
}

func TestObjectConditions(t *testing.T) {
	for expression, want := range map[string]bool{
		`object.status.conditions.exists(c, c.type == "Complete" && c.status == "True")`:           true,
		`object.status.conditions.exists(c, c.type == "Failed" && c.status == "True")`:             false,
		`object.status.conditions.exists(c, c.type == "SuccessCriteriaMet" && c.status == "True")`: false,
		`object.status.conditions.exists_one(c, c.type == "Complete")`:                             true,
		`object.status.conditions.filter(c, c.type == "Complete").size() == 1`:                     true,
		`object.status.conditions.all(c, c.type.startsWith("S") || c.type == "Complete")`:          true,
		`object.status.succeeded == object.spec.completions`:                                       true,
		`object.status.succeeded >= 2 && object.status.ready == 0`:                                 true,
		`object.status.succeeded + object.status.ready == 2`:                                       true,
		`object.status.succeeded >= 1.5`:                                                           true,
		`object.spec.share == 0.5 && object.spec.share < 1`:                                        true,
		`object.spec.suspend`:                   false,
		`!object.spec.suspend`:                  true,
		`object.spec.gone == null`:              true,
		`object.metadata.namespace == "vision"`: true,
		`object.metadata.labels["hone.dev/trial"].matches("^digits-[0-9]+$")`:                           true,
		`"status" in object && has(object.status.succeeded)`:                                            true,
		`timestamp(object.status.conditions[1].lastTransitionTime) > timestamp("2026-01-01T00:00:00Z")`: true,
		`object.?status.?nodes.orValue(0) == 0`:                                                         true,
		`object.?phases[?0].orValue("none") == "none"`:                                                  true,
		"object\n  .kind == 'Job' // with a comment":                                                    true,
		`object.status.phase == "Succeeded"`:                                                            false, // not yet
		`!has(object.status.active)`:                                                                    true,
		`!(object.status.active > 0)`:                                                                   false,
		`object.apiVersion`:                                                                             false, // a text, whatever it says
		`object.?status.?ready.orValue(0) > 1`:                                                          false,
		`object.status.phase != "Running"`:                                                              false,
		`!(object.status.phase == "Running")`:                                                           false,
		`object.phases.now == "Succeeded"`:                                                              false,
		`object.a.b.c.d == 1`:                                                                           false,
		`object.a.b.exists(c, c.type == "Complete")`:                                                    false,
		`object.status.conditions.exists(c, c.none == "True")`:                                          false,
		`object.status.conditions[7].status == "True"`:                                                  false,
		`has(object.a.b)`:                                                                               false,
		`object.status.phase == "Succeeded" || object.status.succeeded == 2`:                            true, // the rest decides
		`object.status.succeeded == 2 || object.status.phase == "Succeeded"`:                            true,
		`object.status.succeeded`:                                                                       false, // no boolean
		`object.status.succeeded == "2"`:                                                                false,
		`object.status.succeeded / object.status.ready == 1`:                                            false,
		`object.status.conditions.exists(c, object.status.conditions.exists(d, d.type != c.type && d.status == "True"))`: true,
	} {
		t.Run(expression, func(t *testing.T) {
			c, err := spec.New(catalog()).CompileObjectCondition(expression)
			require.NoError(t, err)
			require.Equal(t, want, c.Holds(finishedJob()))
			text, err := json.Marshal(finishedJob())
			require.NoError(t, err)
			var floats map[string]any
			require.NoError(t, json.Unmarshal(text, &floats))
			require.Equal(t, want, c.Holds(floats), "with numbers as encoding/json gives them")
			d := json.NewDecoder(strings.NewReader(string(text)))
			d.UseNumber()
			var numbers map[string]any
			require.NoError(t, d.Decode(&numbers))
			require.Equal(t, want, c.Holds(numbers), "with numbers as texts")
		})
	}
}

func TestMistakesInObjectConditions(t *testing.T) {
	for expression, want := range map[string]string{
		" ":                           "is empty: write an expression such as object.status.succeeded == 1",
		"object.status ==":            "the expression ends too early (line 1, column 17 of the expression)",
		"object.status = 1":           "= is no operator; did you mean ==? (line 1, column 15 of the expression)",
		"object.a and object.b":       "and is no operator; did you mean &&?",
		"1 + 1":                       "must be true or false, but it is of type int",
		"size(object.status)":         "must be true or false, but it is of type int",
		"[object.status]":             "must be true or false, but it is of type list(dyn)",
		"1 == 1":                      "does not look at the object, so it is always the same",
		`"object" == "object"`:        "does not look at the object",
		"status.succeeded == 1":       `there is no "status"; did you mean object.status? (line 1, column 1 of the expression)`,
		"self.status.a == 1":          `there is no "self"; did you mean "object"?`,
		"Object.status.a == 1":        `there is no "Object"; did you mean "object"?`,
		"job.status.a == 1":           `there is no "job"; the object is called object, as in object.status.succeeded == 1`,
		"object.a == 1 && b":          `there is no "b"; the object is called object`,
		"object.status == True":       `there is no "True"; did you mean the text "True"? (line 1, column 18 of the expression)`,
		"namespace == object.a":       "namespace is a reserved word of CEL; a field of the object is written object.namespace",
		"complete(object)":            "there is no function complete (line 1, column 9 of the expression)",
		"object.a.foo(1) == 1":        "there is no function foo",
		"object.a < 1 < 3":            "< cannot be applied to (bool, int); write a < b && b < c for a < b < c",
		`object.a.matches("(")`:       "cannot be compiled: ",
		`object.a == "${trial.name}"`: "has a placeholder ${…}, which a condition cannot have",
		strings.Repeat("x", 3000):     "has 3000 bytes; at most 2000 are allowed",
	} {
		t.Run(clip(expression), func(t *testing.T) {
			_, err := spec.New(catalog()).CompileObjectCondition(expression)
			require.ErrorContains(t, err, want)
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.NotRegexp(t, "token recognition|mismatched|viable|EOF|Syntax error|container", err.Error(), "words of the grammar's author")
		})
	}
}

// TestAConditionCostsNoMoreThanItMay: a condition that goes over all pairs of pairs of a long list is given up.
func TestAConditionCostsNoMoreThanItMay(t *testing.T) {
	list := make([]any, 1000)
	for i := range list {
		list[i] = int64(i)
	}
	object := map[string]any{"list": list, "text": strings.Repeat("a", 1<<18)}
	for expression, want := range map[string]bool{
		"object.list.all(a, a < 1000)": true,
		"object.list.all(a, object.list.all(b, object.list.all(c, object.list.all(d, a + b + c + d >= 0))))": false,
		"object.list.map(a, object.text + object.text).size() > 0":                                           false,
		"object.list.all(a, object.list == object.list)":                                                     false,
		"object.list.all(a, object.text < object.text + 'a')":                                                false,
		"object.list.all(a, object.list.all(b, b in object.list))":                                           false,
		"object.list == object.list && object.text == object.text":                                           true,
	} {
		c, err := spec.New(catalog()).CompileObjectCondition(expression)
		require.NoError(t, err)
		require.Equal(t, want, c.Holds(object), expression)
	}
}

func TestAConditionMayBeUsedByManyAtOnce(t *testing.T) {
	c, err := spec.New(catalog()).CompileObjectCondition(`object.status.conditions.exists(c, c.type == "Complete") && object.status.succeeded > 1`)
	require.NoError(t, err)
	shared := finishedJob()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if !c.Holds(shared) || c.Holds(map[string]any{"status": nil}) || c.Holds(nil) {
					t.Error("a wrong answer")
				}
			}
		})
	}
	wg.Wait()
	require.Equal(t, finishedJob(), shared)
}

// oneOfThese draws one of some values, which are mostly what a condition expects there.
func oneOfThese(usual ...any) *rapid.Generator[any] {
	odd := rapid.SampledFrom([]any{nil, true, int64(7), 0.5, json.Number("1e400"), json.Number("x"), "", []any{"Complete"}, map[string]any{"type": "Complete"}})
	return rapid.Custom(func(t *rapid.T) any {
		if rapid.IntRange(0, 5).Draw(t, "odd") == 0 {
			return odd.Draw(t, "value")
		}
		return rapid.SampledFrom(usual).Draw(t, "value")
	})
}

// TestWhateverAnObjectLooksLike: a condition has an answer for it, and holds only when the object says so.
func TestWhateverAnObjectLooksLike(t *testing.T) {
	complete, err := spec.New(catalog()).CompileObjectCondition(`object.status.conditions.exists(c, c.type == "Complete" && c.status == "True")`)
	require.NoError(t, err)
	seen := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		entry := rapid.Custom(func(t *rapid.T) any {
			c := map[string]any{"type": oneOfThese("Complete", "Failed").Draw(t, "type")}
			if rapid.Bool().Draw(t, "whole") {
				c["status"] = oneOfThese("True", "True", "False").Draw(t, "status")
			}
			return oneOfThese(c).Draw(t, "entry")
		})
		list := rapid.SliceOfN(entry, 0, 6).Draw(t, "conditions")
		status := oneOfThese(map[string]any{"conditions": oneOfThese(list).Draw(t, "list")}).Draw(t, "status")
		want := false
		if x, ok := status.(map[string]any); ok {
			entries, _ := x["conditions"].([]any)
			for _, e := range entries {
				c, ok := e.(map[string]any)
				want = want || ok && c["type"] == "Complete" && c["status"] == "True"
			}
		}
		seen[want]++
		require.Equal(t, want, complete.Holds(map[string]any{"status": status}))
	})
	require.NotZero(t, seen[true])
	require.NotZero(t, seen[false])
}

func FuzzObjectCondition(f *testing.F) {
	for _, expression := range []string{
		`object.status.conditions.exists(c, c.type == "Complete" && c.status == "True")`, "object.a[0].?b.orValue(1) < 2.5", "has(object.a.b) ? object.c : object['d']",
		"object.a.map(x, x * 2).filter(x, x > 1) == [2]", "object.a.matches('a{1000}')", "!object", "object.a in [1, 'x', null]", strings.Repeat("(", 1000),
		strings.Repeat("object.all(a, ", 100), strings.Repeat("object.", 280), `duration(object.a) > duration("1s")`, "{object: object}[object]",
	} {
		f.Add(expression, `{"a": [1, 2, {"b": null}], "status": {"conditions": [{"type": "Complete"}]}}`)
	}
	d := spec.New(catalog())
	f.Fuzz(func(t *testing.T, expression, object string) {
		c, err := d.CompileObjectCondition(expression)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.Less(t, len(err.Error()), 600)
			return
		}
		var parsed map[string]any
		_ = json.Unmarshal([]byte(object), &parsed)
		require.Equal(t, c.Holds(parsed), c.Holds(parsed))
	})
}

func BenchmarkObjectCondition(b *testing.B) {
	c, err := spec.New(catalog()).CompileObjectCondition(`object.status.conditions.exists(c, c.type == "Complete" && c.status == "True")`)
	require.NoError(b, err)
	job := finishedJob()
	b.ReportAllocs()
	for b.Loop() {
		c.Holds(job)
	}
}
