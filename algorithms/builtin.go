package algorithms

import (
	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/auto"
	"github.com/hone-tuner/hone/algorithms/bayesian"
	"github.com/hone-tuner/hone/algorithms/cmaes"
	"github.com/hone-tuner/hone/algorithms/grid"
	"github.com/hone-tuner/hone/algorithms/random"
	"github.com/hone-tuner/hone/algorithms/sobol"
	"github.com/hone-tuner/hone/algorithms/tpe"
)

// Entry is one algorithm that experiments can choose.
type Entry struct {
	// Choice is its description: name, summary, settings.
	Choice hone.Choice
	// New makes an instance for one experiment. The error is of kind InvalidArgument and names the settings
	// that are wrong.
	New func(settings map[string]hone.Value) (hone.Algorithm, error)
}

// Builtin returns the algorithms by name.
func Builtin() map[string]Entry {
	return map[string]Entry{
		auto.Name:     {Choice: auto.Choice(), New: auto.New},
		bayesian.Name: {Choice: bayesian.Choice(), New: bayesian.New},
		cmaes.Name:    {Choice: cmaes.Choice(), New: cmaes.New},
		grid.Name:     {Choice: grid.Choice(), New: grid.New},
		random.Name:   {Choice: random.Choice(), New: random.New},
		sobol.Name:    {Choice: sobol.Choice(), New: sobol.New},
		tpe.Name:      {Choice: tpe.Choice(), New: tpe.New},
	}
}
