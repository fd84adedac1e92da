package auto

import (
	"fmt"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/bayesian"
	"github.com/hone-tuner/hone/algorithms/grid"
	"github.com/hone-tuner/hone/algorithms/sobol"
	"github.com/hone-tuner/hone/algorithms/tpe"
)

// The borders between the algorithms.
const (
	// openGrid is how many points a grid may have when the budget is open: no more than a user waits for
	// who sets no limit.
	openGrid = hone.DefaultTrials
	// modelled is up to how many parameters a Gaussian process is quick enough: with 200, a suggestion takes a tenth of
	// a second.
	modelled = 300
)

// choice is an algorithm and why it was chosen.
type choice struct {
	name, why string
}

// choose is a pure function of the space and the budget: what an experiment is, not how it goes, decides. The
// model itself begins with evenly spread points.
func choose(space *hone.Space, budget int) choice {
	size := space.Size()
	limit := float64(budget)
	if budget == 0 {
		limit = openGrid
	}
	start := bayesian.Start(space)
	switch {
	case size <= limit && budget > 0:
		return choice{grid.Name, fmt.Sprintf("all %.0f points of the space fit into the budget of %d trials", size, budget)}
	case size <= limit:
		return choice{grid.Name, fmt.Sprintf("the space has only %.0f points, so all of them can be tried", size)}
	case budget > 0 && budget <= start:
		return choice{sobol.Name, fmt.Sprintf("a budget of %d trials is too small to learn from, so they are spread evenly", budget)}
	case space.Len() > modelled:
		return choice{tpe.Name, fmt.Sprintf("%d parameters are too many for a Gaussian process", space.Len())}
	}
	return choice{bayesian.Name, fmt.Sprintf("%s are worth modelling; it begins with %d evenly spread points, and %s takes turns with it while %d trials bring nothing better",
		points(size), start, tpe.Name, patience)}
}

func points(size float64) string {
	if math.IsInf(size, 1) {
		return "continuous parameters"
	}
	return fmt.Sprintf("%.3g points, more than can be tried,", size)
}

// note is the sentence for the user.
func (c choice) note() string { return fmt.Sprintf("auto chose %s: %s.", c.name, c.why) }
