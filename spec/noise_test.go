package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneMistakeIsReportedOnce: what follows from a mistake is not reported beside it, and what does not is.
func TestOneMistakeIsReportedOnce(t *testing.T) {
	head := "apiVersion: hone.dev/v1beta1\nkind: Experiment\nmetadata: {name: x}\n"
	for name, c := range map[string]struct {
		document string
		want     []string
	}{
		"the manual's own example": {strings.Replace(full(t), "  parallelism: 4", "  paralelism: 4", 1),
			[]string{`spec.paralelism (line 28): unknown field; did you mean "parallelism"?`}},
		"nothing but the kind": {"kind: Experiment\n", []string{
			"apiVersion (line 1): is missing: write hone.dev/v1beta1",
			"metadata (line 1): is missing: it holds the name of the experiment",
			"spec (line 1): is missing: it holds the objective and the parameters"}},
		"an empty spec": {head + "spec: {}\n", []string{
			"spec.objective (line 4): is missing: it names the metric to optimise",
			"spec.parameters (line 4): is missing: list at least one parameter to vary"}},
		"a spec that is a list": {head + "spec: [1]\n", []string{
			"spec (line 4): expected a mapping with the fields objective, parameters, constraints, algorithm, initial, parallelism, budget, stop, earlyStopping, metrics, trial, onLost, got a list"}},
		"an empty objective": {strings.Replace(minimal(""), "{metric: accuracy, goal: maximize}", "", 1),
			[]string{"spec.objective (line 5): is missing: it names the metric to optimise"}},
		"a list of objectives": {strings.Replace(minimal(""), "objective: {metric: accuracy, goal: maximize}", "objectives: [{metric: accuracy, goal: maximize}]", 1),
			[]string{"spec.objectives (line 5): several objectives are not supported yet; write one of them under objective, and the other metrics under metrics.record"}},
		"a misspelt metric": {strings.Replace(minimal(""), "metric:", "metrik:", 1),
			[]string{`spec.objective.metrik (line 5): unknown field; did you mean "metric"?`}},
		"a field in capitals": {minimal("  earlystopping: {name: none}\n"),
			[]string{`spec.earlystopping (line 11): unknown field; did you mean "earlyStopping"?`}},
		"a field in the wrong place": {minimal("  seed: 3\n"),
			[]string{"spec.seed (line 11): unknown field; did you mean spec.algorithm.seed?"}},
		"a range without its ends": {minimal("    - {name: a, type: double, step: 3, scale: log}\n"), []string{
			"spec.parameters[4].min (line 11): is missing: double takes min and max",
			"spec.parameters[4].max (line 11): is missing: double takes min and max"}},
		"values that are missing": {minimal("    - {name: a, type: discrete}\n"),
			[]string{"spec.parameters[4].values (line 11): is missing: discrete takes values"}},
		"what hangs on a broken parameter": {strings.Replace(minimal("  constraints: [layers < 3]\n  initial: [{layers: 2}]\n  trial: {command: [a, \"${parameters.layers}\"]}\n"), "max: 4", "max: four", 1),
			[]string{`spec.parameters[1].max (line 8): expected a number, got the text "four"`}},
		"a point outside a range that is not known": {minimal("    - {name: a, type: int, min: -1, max: four}\n  initial: [{a: 3}]\n"),
			[]string{`spec.parameters[4].max (line 11): expected a number, got the text "four"`}},
		"a broken parent": {strings.Replace(minimal(""), "values: [sgd, adam]", "values: sgd", 1),
			[]string{`spec.parameters[2].values (line 9): expected a list, got the text "sgd"`}},
		"a parameter without a name": {strings.Replace(minimal("  trial: {command: [a, \"${parameters.optimizer}\"]}\n"), "name: optimizer, ", "", 1),
			[]string{"spec.parameters[2].name (line 9): is missing: give the parameter a name such as lr"}},
		"something else than a parameter": {minimal("    - text\n"),
			[]string{`spec.parameters[4] (line 11): expected a mapping with the fields name, type, min, max, step, scale, values, when, got the text "text"`}},
		"a nothing among the parameters": {minimal("    -\n"), []string{"spec.parameters[4] (line 11): is empty: expected a mapping"}},
		"constraints beside a wrong range": {minimal("    - {name: a, type: int, min: 3, max: 1}\n  constraints: [layers < 3, layer < 3]\n"), []string{
			"spec.parameters[4].min (line 11): 3 is greater than max 1",
			`spec.constraints[1] (line 12): there is no parameter "layer"; did you mean "layers"? (line 1, column 1 of the expression)`}},
		"points beside a wrong constraint": {minimal("  constraints: [layer < 3]\n  initial: [{layers: 9}, {layers: 1}]\n"), []string{
			`spec.constraints[0] (line 11): there is no parameter "layer"; did you mean "layers"? (line 1, column 1 of the expression)`,
			`spec.initial[0] (line 12): 9 is not a value of "layers": it takes a whole number from 1 to 4`}},
		"settings of a misspelt algorithm": {minimal("  algorithm: {nam: grid, settings: {points: 3}}\n"),
			[]string{`spec.algorithm.nam (line 11): unknown field; did you mean "name"?`}},
		"a path without its source": {minimal("  metrics: {sorce: file, path: x.log}\n"),
			[]string{`spec.metrics.sorce (line 11): unknown field; did you mean "source"?`}},
		"a misspelt command": {minimal("  trial: {comand: [a]}\n"), []string{`spec.trial.comand (line 11): unknown field; did you mean "command"?`}},
		"an empty trial":     {minimal("  trial: {}\n"), []string{"spec.trial.command (line 11): is missing: write the program and its arguments, such as [python3, train.py, \"--lr=${parameters.lr}\"]"}},
		"a condition on an object": {minimal("  trial: {command: [a], image: b, success: \"object.status ==\", failure: \"1 + 1\"}\n"), []string{
			"spec.trial.success (line 11): the expression ends too early (line 1, column 17 of the expression)",
			"spec.trial.failure (line 11): must be true or false, but it is of type int"}},
		"placeholders in a manifest": {minimal("  trial:\n    manifest:\n      apiVersion: batch/v1\n      kind: Job\n      spec:\n        \"a.b[0]\":\n          - x\n          - -m\n          - ${parameters.momentum}\n        z: ${parameters.x}\n"), []string{
			`spec.trial.manifest.spec.a.b[0][2] (line 19): "momentum" is not always active, and then nothing would stand behind -m; write "-m=${parameters.momentum}" as one element, which is left out when "momentum" is not active`,
			`spec.trial.manifest.spec.z (line 20): there is no parameter "x"`}},
		"a broken value in a manifest": {minimal("  trial: {manifest: {a: .nan}}\n"), []string{"spec.trial.manifest.a (line 11): .nan is not a finite number"}},
		"keys that are no text":        {minimal("  trial: {command: [a], env: {? [b] : c, ~: d, 1: e}}\n"), []string{"spec.trial.env (line 11): a key must be a text", "spec.trial.env (line 11): a key must be a text"}},
		"numbers that are none": {minimal("    - {name: a, type: categorical, values: [.inf, -.Inf, 1e999, 017, !!int x, !!binary aGk=, !x y, ~]}\n"), []string{
			"spec.parameters[4].values[0] (line 11): .inf is not a finite number",
			"spec.parameters[4].values[1] (line 11): -.Inf is not a finite number",
			"spec.parameters[4].values[2] (line 11): 1e999 does not fit a double; if it is a text, put it in quotes",
			"spec.parameters[4].values[3] (line 11): 017 is read as an octal number by some and as a decimal one by others; write it without the leading zero, or in quotes if it is a text",
			`spec.parameters[4].values[4] (line 11): "x" is not a number`,
			"spec.parameters[4].values[5] (line 11): the tag !!binary is not for experiment files",
			"spec.parameters[4].values[6] (line 11): the tag !x is not for experiment files",
			"spec.parameters[4].values[7] (line 11): is empty: expected a text, a number, true or false"}},
		"a merge key": {minimal("  budget: &b {trials: 3}\n  stop: {<<: *b}\n"), []string{"spec.stop.<< (line 12): merge keys are not for experiment files; write the fields out, or use an alias for a whole value"}},
		"zeros": {minimal("    - {name: a, type: double, min: 0, max: 1, step: 0}\n  budget: {trials: 0, duration: 0s, failures: 0}\n  trial: {command: [a], timeout: 0s, grace: 0s, retries: 0, gpus: 0}\n  stop: {plateau: {trials: 0}}\n"), []string{
			"spec.parameters[4].step (line 11): must be greater than 0; leave it out when it is not wanted",
			"spec.budget.trials (line 12): must be at least 1; leave it out when it is not wanted",
			"spec.budget.duration (line 12): must be greater than 0; leave it out for no limit",
			"spec.trial.timeout (line 13): must be greater than 0; leave it out for no limit",
			"spec.stop.plateau.trials (line 14): must be at least 1; leave it out when it is not wanted"}},
		"numbers in quotes": {minimal("    - {name: a, type: double, min: '0', max: \"1\"}\n"), []string{
			`spec.parameters[4].min (line 11): expected a number, got the text "0"; write it without quotes`,
			`spec.parameters[4].max (line 11): expected a number, got the text "1"; write it without quotes`}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, complaints(t, c.document))
		})
	}
}
