package problems

import (
	"regexp"
	"slices"

	"github.com/hone-tuner/hone"
)

// Options says which problems there are beside those that need nothing.
type Options struct {
	// Tables is a folder with the tables of HPOLib, compressed; "" leaves their problems out.
	Tables string
	// Python is an interpreter that has scikit-learn, for the problems that are trainings; "" leaves them out. It runs
	// until this process ends.
	Python string
}

// Suite makes all problems, in an order that does not change. A problem is the same wherever its name is. The error is of kind
// NotFound or DataLoss when the folder of tables is not what it should be, and InvalidArgument when the interpreter is not.
func Suite(o Options) ([]*Problem, error) {
	var out []*Problem
	out = append(out, bbobProblems()...)
	out = append(out, classicProblems()...)
	out = append(out, mixedProblems()...)
	out = append(out, categoricalProblems()...)
	out = append(out, conditionalProblems()...)
	out = append(out, slices.Concat(noisyProblems(out), infeasibleProblems(out), constrainedProblems(out))...)
	if o.Tables != "" {
		tables, err := tableProblems(o.Tables)
		if err != nil {
			return nil, err
		}
		out = append(out, tables...)
	}
	if o.Python != "" {
		trainings, err := liveProblems(o.Python)
		if err != nil {
			return nil, err
		}
		out = append(out, trainings...)
	}
	markSmall(out)
	return out, nil
}

// small names the problems that slow tuners run too; half of them are set aside.
func small() []string {
	return []string{
		"bbob-f8-d5-i1", "bbob-f17-d10-i1", "bbob-f15-d5-i1", "bbob-f21-d10-i1",
		"classic-hartmann6", "classic-levy10",
		"mixed-training-f8", "mixed-f15-d10",
		"categorical-f8-d10", "categorical-nk12-i2",
		"conditional-pipeline-i1", "conditional-branch9-i3",
		"noisy-classic-hartmann6", "noisy-bbob-f15-d5-i1",
		"infeasible-half-bbob-f8-d5-i1", "infeasible-cells-classic-levy10",
		"constrained-pressure4", "constrained-bbob-f15-d10-i1",
		"table-protein", "table-parkinsons",
		"live-forest-wine", "live-boosting-diabetes",
	}
}

func markSmall(all []*Problem) {
	chosen := map[string]bool{}
	for _, name := range small() {
		chosen[name] = true
	}
	for _, p := range all {
		p.Small = chosen[p.Name]
	}
}

// Find picks the problems whose name matches a regular expression, in their order. The error is of kind
// InvalidArgument.
func Find(all []*Problem, pattern string) ([]*Problem, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%q is no regular expression: %w", pattern, err)
	}
	var out []*Problem
	for _, p := range all {
		if re.MatchString(p.Name) {
			out = append(out, p)
		}
	}
	return out, nil
}
