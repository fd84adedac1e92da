package difference_test

import (
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/difference"
	"github.com/stretchr/testify/require"
)

func experiment() hone.Experiment {
	return hone.Experiment{Name: "digits", Labels: map[string]string{"team": "vision"}, Spec: hone.Spec{
		Objective:   hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		SearchSpace: hone.NewSpace(hone.Double("lr", 0, 1), hone.Int("layers", 1, 4)),
	}.WithDefaults()}
}

func TestEveryPlaceThatDiffersIsNamedWithBothValues(t *testing.T) {
	have, want := experiment(), experiment()
	have.Spec.Algorithm.Seed = new(uint64(7))
	want.Labels["team"] = "speech"
	want.Spec.Objective.Goal = hone.Minimize
	want.Spec.Parameters[1].Max = 5
	want.Spec.Constraints = []string{"layers < 3"}
	require.Equal(t, hone.FieldErrors{
		{Path: "metadata.labels.team", Message: `"vision" → "speech"`},
		{Path: "spec.constraints", Message: `(nothing) → ["layers < 3"]`},
		{Path: "spec.objective.goal", Message: `"maximize" → "minimize"`},
		{Path: "spec.parameters[1].max", Message: `4 → 5`},
	}, difference.Experiments(have, want))
}

func TestLimitsAndADrawnSeedMayDiffer(t *testing.T) {
	have, want := experiment(), experiment()
	have.Spec.Algorithm.Seed = new(uint64(7))
	want.Spec.Budget.Trials, want.Spec.Parallelism, want.Spec.Stop.Plateau = 3, 4, &hone.Plateau{Trials: 5}
	require.Empty(t, difference.Experiments(have, want))
	want.Spec.Algorithm.Seed = new(uint64(8))
	require.Len(t, difference.Experiments(have, want), 1)
	require.True(t, difference.Equal(have.Spec.Budget, experiment().Spec.Budget))
	require.False(t, difference.Equal(have.Spec.Budget, want.Spec.Budget))
}
