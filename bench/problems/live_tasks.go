package problems

import "github.com/hone-tuner/hone"

// live is a training. What is known of it comes from a search of 1,000 trainings (the last two: 400) with scikit-learn
// 1.9.1: the median of the first half, which was random, and the least value of both, the second of which changed the
// ten best. A tuner may find something better, and another version gives slightly different values; a regret below
// 0 counts as 0.
type live struct {
	task           string
	space          hone.SearchSpace
	least, typical float64
	reserve        bool
}

// liveProblems are trainings of small models with scikit-learn: the error by cross-validation with fixed folds and seeds.
func liveProblems(python string) ([]*Problem, error) {
	t, err := newTrainer(python)
	if err != nil {
		return nil, err
	}
	var out []*Problem
	for _, l := range liveTasks() {
		p := &Problem{Name: "live-" + l.task, Group: Live, Reserve: l.reserve, Space: compile(l.space, nil), Optimum: l.least}
		p.Value = func(a hone.Assignments) float64 { return t.train(l.task, a) }
		p.preset(l.typical)
		out = append(out, p)
	}
	return out, nil
}

func liveTasks() []live {
	return []live{
		{"svr-diabetes", svrSpace(), 53.131769, 76.155313, false},
		{"svm-breast", svmSpace(), 0.019316811, 0.068569572, true},
		{"svm-digits", svmSpace(), 0.0066666667, 0.079166667, false},
		{"forest-wine", forestSpace(), 0.10756103, 0.18117325, false},
		{"forest-breast", forestSpace(), 0.11779364, 0.21884249, false},
		{"boosting-diabetes", boostingSpace(), 55.647866, 65.025419, true},
	}
}

func svrSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Double("C", 1e-2, 1e3).Log(),
		hone.Double("epsilon", 1e-2, 50).Log(),
		hone.Double("gamma", 1e-5, 1).Log(),
	)
}

func svmSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Double("C", 1e-3, 1e3).Log(),
		hone.Categorical("kernel", "linear", "rbf", "poly"),
		hone.Double("gamma", 1e-5, 10).Log().When("kernel", "rbf", "poly"),
		hone.Int("degree", 2, 5).When("kernel", "poly"),
	)
}

func forestSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Int("n_estimators", 5, 100).Log(),
		hone.Categorical("criterion", "gini", "entropy"),
		hone.Int("max_depth", 1, 20),
		hone.Int("min_samples_split", 2, 20),
		hone.Double("max_features", 0.05, 1),
		hone.Categorical("bootstrap", true, false),
	)
}

func boostingSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Double("learning_rate", 1e-3, 1).Log(),
		hone.Int("n_estimators", 10, 200).Log(),
		hone.Int("max_depth", 1, 8),
		hone.Double("subsample", 0.3, 1),
		hone.Int("min_samples_leaf", 1, 50).Log(),
		hone.Double("max_features", 0.1, 1),
	)
}
