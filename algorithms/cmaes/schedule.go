package cmaes

import (
	"math"

	"github.com/hone-tuner/hone/internal/points"
)

// schedule decides about restarts: Hansen 2009, Benchmarking a BI-population CMA-ES on the BBOB-2009 function
// testbed, section 2; Auger and Hansen 2005, A restart CMA evolution strategy with increasing population size.
type schedule struct {
	restarts    int
	doublings   int  // of the large population
	small       bool // whether the present run is one of a small population
	evaluations int  // trials of the present run
	limit       int  // after which it ends; 0 for none
	spentSmall  int  // trials of all runs of either kind that have ended
	spentLarge  int
	lastLarge   int // trials of the last large run
}

// spent reports whether the run has used what it may.
func (s *schedule) spent() bool { return s.limit > 0 && s.evaluations >= s.limit }

// restart ends the run and begins the next, somewhere else.
func (s *replay) restart() {
	if s.small {
		s.spentSmall += s.evaluations
	} else {
		s.spentLarge += s.evaluations
		s.lastLarge = s.evaluations
	}
	s.restarts++
	s.evaluations, s.limit = 0, 0
	rng := points.Stream(s.seed, s.restarts, purposeRestart)
	lambda, sigma := s.options.population, s.options.sigma
	s.small = s.options.restarts == restartBipop && s.doublings > 0 && s.spentSmall < s.spentLarge
	if s.small {
		large := math.Exp2(float64(s.doublings))
		u := rng.Float64()
		lambda = max(4, int(float64(lambda)*math.Pow(large/2, u*u)))
		sigma *= math.Pow(10, -2*rng.Float64())
		s.limit = max(lambda, s.lastLarge/2)
	} else {
		s.doublings = min(s.doublings+1, 12)
		lambda <<= s.doublings
	}
	mean := make([]float64, len(s.axes))
	for j := range mean {
		mean[j] = rng.Float64()
	}
	s.begin(newRun(s.coordinates, lambda, mean, sigma, identity(len(mean))))
}
