package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWarnings(t *testing.T) {
	const budget = "  budget: {trials: 60}\n"
	for name, c := range map[string]struct {
		more string
		want []string
	}{
		"nothing to say":                       {budget + `  trial: {command: [./train, "--lr=${parameters.lr}", "--layers=${parameters.layers}", "${parameters.optimizer}", "--m=${parameters.momentum}"]}` + "\n", nil},
		"no limit at all":                      {"", []string{"spec.budget has neither trials nor duration: it will be 100 trials"}},
		"a duration is a limit":                {"  budget: {duration: 1h}\n", nil},
		"a program that reads its environment": {budget + "  trial: {command: [./train]}\n", nil},
		"a parameter that is forgotten": {budget + `  trial: {command: [./train, "--lr=${parameters.lr}", "--layers=${parameters.layers}"], env: {O: "${parameters.optimizer}"}}` + "\n",
			[]string{`spec.trial: no placeholder uses the parameter "momentum"; the program sees it only as HONE_PARAM_MOMENTUM`}},
		"what is no placeholder here": {budget + `  trial: {command: [./train, "--lr={lr}", "--layers=$layers", "{{parameters.optimizer}}"], env: {M: "x $(momentum)"}}` + "\n", []string{
			"spec.trial.command[1]: {lr} is no placeholder, the program gets it as it is; write ${parameters.lr}",
			"spec.trial.command[2]: $layers is no placeholder, the program gets it as it is; write ${parameters.layers}",
			"spec.trial.command[3]: {{parameters.optimizer}} is no placeholder, the program gets it as it is; write ${parameters.optimizer}",
			"spec.trial.env.M: $(momentum) is no placeholder, the program gets it as it is; write ${parameters.momentum}"}},
		"some that are none and some that are left out": {budget + `  trial: {command: [./train, "--lr={lr}", "--m=${parameters.momentum}", "$layers_of_lr", "$${layers}"]}` + "\n", []string{
			"spec.trial.command[1]: {lr} is no placeholder, the program gets it as it is; write ${parameters.lr}",
			`spec.trial: no placeholder uses the parameter "layers"; the program sees it only as HONE_PARAM_LAYERS`,
			`spec.trial: no placeholder uses the parameter "optimizer"; the program sees it only as HONE_PARAM_OPTIMIZER`}},
		"what looks like one beside the real one": {budget + `  trial: {command: [./train, "{lr}=${parameters.lr}", "--layers=${parameters.layers}", "${parameters.optimizer}", "--m=${parameters.momentum}"]}` + "\n", nil},
		"a parameter that the shell reads":        {budget + `  trial: {command: [sh, -c, "./train ${parameters.lr} ${parameters.layers} $HONE_PARAM_OPTIMIZER $HONE_PARAM_MOMENTUM"]}` + "\n", nil},
		"all of them at once":                     {budget + `  trial: {command: [sh, -c, "echo ${parameters.lr}; ./train \"$HONE_PARAMETERS\""]}` + "\n", nil},
		"a text in the program of a shell": {budget + `  trial: {command: [/bin/bash, -ec, "./train ${parameters.optimizer} ${parameters.lr} ${parameters.layers} $HONE_PARAM_MOMENTUM"]}` + "\n",
			[]string{`spec.trial.command[2]: the shell reads the value of "optimizer" as a part of its program; write "$HONE_PARAM_OPTIMIZER" there instead, or pass it as an argument after the program and write "$1"`}},
		"a conditional in the program of a shell": {budget + `  trial: {command: [sh, -c, "./train x${parameters.momentum} $HONE_PARAM_OPTIMIZER ${parameters.lr} ${parameters.layers}"]}` + "\n",
			[]string{`spec.trial.command[2]: the shell reads the value of "momentum" as a part of its program; write "$HONE_PARAM_MOMENTUM" there instead, or pass it as an argument after the program and write "$1"`}},
		"an argument of a shell": {budget + `  trial: {command: [sh, -c, './train "$@"', sh, "${parameters.optimizer}", "${parameters.lr}", "${parameters.layers}", "x${parameters.momentum}"]}` + "\n", nil},
		"resources without an image": {budget + "  trial: {command: [a], cpu: 2, memory: 1Gi, gpus: 1}\n",
			[]string{"spec.trial.cpu is not enforced on this machine; it works together with image", "spec.trial.memory is not enforced on this machine; it works together with image"}},
		"resources with one": {budget + "  trial: {command: [a], cpu: 2, image: x}\n", nil},
		"a variable that is Hone's": {budget + "  trial: {command: [a], env: {HONE_TRIAL: x, HONE_MODE: y}}\n",
			[]string{"spec.trial.env.HONE_TRIAL: Hone itself sets HONE_TRIAL, this value is not used where it does"}},
		"values of several types": {"    - {name: a, type: categorical, values: [yes, true, 1]}\n" + budget,
			[]string{`spec.parameters[4].values: "a" mixes types: the text "yes", the boolean true, the number 1; quotes make a text of a value`}},
		"a max that is never reached": {"    - {name: a, type: double, min: 0, max: 1, step: 0.3}\n" + budget,
			[]string{`spec.parameters[4].max: "a" never becomes 1, its last step is 0.9`}},
		"a max that is reached": {"    - {name: a, type: double, min: 0, max: 0.9, step: 0.3}\n    - {name: b, type: int, min: 1, max: 9, step: 4}\n" + budget, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, decode(t, minimal(c.more)).Warnings)
		})
	}
}

func TestASpaceWithFewerPointsThanTrials(t *testing.T) {
	document := func(trials string) string {
		return `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: x}
spec:
  objective: {metric: loss, goal: minimize}
  parameters: [{name: a, type: int, min: 1, max: 3}, {name: b, type: categorical, values: [x, y], when: {a: [1]}}]
  budget: {trials: ` + trials + "}\n"
	}
	require.Empty(t, decode(t, document("4")).Warnings)
	require.Equal(t, []string{"spec.budget.trials: the space has only 4 different points, fewer than 5 trials"}, decode(t, document("5")).Warnings)
}
