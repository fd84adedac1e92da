package spec_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

// catalog is what the experiments of these tests can choose from.
func catalog() hone.Catalog {
	zero := 0.0
	return hone.Catalog{
		Algorithms: []hone.Choice{
			{Name: "auto"}, {Name: "random"},
			{Name: "grid", Settings: []hone.Setting{{Name: "points", Type: "int", Default: hone.Number(10), Min: &zero}}},
		},
		EarlyStopping: []hone.Choice{
			{Name: "none"},
			{Name: "median", Settings: []hone.Setting{{Name: "startTrials", Type: "int", Default: hone.Number(5)}, {Name: "warmupSteps", Type: "int"}}},
		},
	}
}

func decode(t *testing.T, document string) hone.Document {
	t.Helper()
	d, err := spec.New(catalog()).Decode([]byte(document), hone.Overrides{})
	require.NoError(t, err)
	return d
}

// complaints decodes a document that must be refused, and returns the mistakes as text.
func complaints(t *testing.T, document string) []string {
	t.Helper()
	return complaintsWith(t, document, hone.Overrides{})
}

func complaintsWith(t *testing.T, document string, o hone.Overrides) []string {
	t.Helper()
	_, err := spec.New(catalog()).Decode([]byte(document), o)
	require.Error(t, err)
	require.ErrorIs(t, err, hone.InvalidArgument)
	var errs hone.FieldErrors
	require.True(t, errors.As(err, &errs), "%v", err)
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Error()
	}
	return lines
}

// minimal is the least that an experiment file holds, with something more under spec.
func minimal(more string) string {
	return `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: digits}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: lr, type: double, min: 0, max: 1}
    - {name: layers, type: int, min: 1, max: 4}
    - {name: optimizer, type: categorical, values: [sgd, adam]}
    - {name: momentum, type: double, min: 0, max: 0.99, when: {optimizer: [sgd]}}
` + more
}
