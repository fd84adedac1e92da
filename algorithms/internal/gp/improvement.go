package gp

import "math"

const (
	logRootTwoPi = 0.918938533204672741780329736406
	rootHalfPi   = 1.2533141373155002512078826424055
)

// LogEI is the logarithm of the expected improvement of a normal variable over best, and its derivatives by
// mean and standard deviation. It is exact to many digits however small the improvement is (Ament et al.
// 2023, Unexpected improvements to expected improvement, section 4.1): log EI = log σ + log h(u), with
// u = (mean - best)/σ and h(u) = φ(u) + u·Φ(u).
func LogEI(mean, sigma, best float64) (value, byMean, bySigma float64) {
	u := (mean - best) / sigma
	if u > -1 {
		phi := math.Exp(-u*u/2 - logRootTwoPi)
		cdf := 0.5 * math.Erfc(-u/math.Sqrt2)
		h := phi + u*cdf
		return math.Log(sigma) + math.Log(h), cdf / (sigma * h), phi / (sigma * h)
	}
	// h = φ·(1 - |u|·R), where R = Φ(u)/φ(u) is Mills' ratio; the difference is rest.
	rest, ratio := tail(-u)
	return math.Log(sigma) - u*u/2 - logRootTwoPi + math.Log(rest), ratio / (sigma * rest), 1 / (sigma * rest)
}

// tail returns 1 - a·R(a) and Mills' ratio R(a), a ≥ 1. Far out, by its asymptotic series (Abramowitz and
// Stegun, 26.2.12).
func tail(a float64) (rest, ratio float64) {
	if a < 25 {
		ratio = rootHalfPi * math.Exp(a*a/2) * math.Erfc(a/math.Sqrt2)
		return 1 - a*ratio, ratio
	}
	b := 1 / (a * a)
	rest = b * (1 - b*(3-b*(15-b*(105-b*945))))
	return rest, (1 - rest) / a
}

// LogCDF is the logarithm of the probability that a standard normal variable is below u, and its derivative.
func LogCDF(u float64) (value, slope float64) {
	if u > -1 {
		cdf := 0.5 * math.Erfc(-u/math.Sqrt2)
		return math.Log(cdf), math.Exp(-u*u/2-logRootTwoPi) / cdf
	}
	_, ratio := tail(-u)
	return -u*u/2 - logRootTwoPi + math.Log(ratio), 1 / ratio
}
