package service

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/suggest/internal/katib"
)

// seedSetting is what Katib's algorithms call their seed.
const seedSetting = "random_state"

// aliases are the names that Katib has for algorithms of Hone's.
func aliases() map[string]string {
	return map[string]string{"bayesianoptimization": "bayesian", "multivariate-tpe": "tpe"}
}

// foreign are the settings of Katib's algorithms that mean nothing to Hone's. They tune what is done in another
// way here, and so are accepted and left alone.
func foreign() map[string][]string {
	return map[string][]string{
		"tpe":                  {"gamma", "prior_weight", "n_EI_candidates"},
		"multivariate-tpe":     {"n_startup_trials", "n_ei_candidates"},
		"bayesianoptimization": {"base_estimator", "n_initial_points", "acq_func", "acq_optimizer"},
		"cmaes":                {"sigma", "restart_strategy"},
	}
}

// resolve finds the algorithm that a request means.
func (s *Service) resolve(name string) (string, error) {
	if name == "" {
		name = hone.DefaultAlgorithm
	}
	if _, ok := s.options.Algorithms[name]; ok {
		return name, nil
	}
	if own, ok := aliases()[name]; ok {
		if _, ok := s.options.Algorithms[own]; ok {
			return own, nil
		}
	}
	return "", hone.Errorf(hone.InvalidArgument, "there is no algorithm %q; there are %s", name,
		strings.Join(slices.Sorted(maps.Keys(s.options.Algorithms)), ", "))
}

// algorithm reads the settings of a request; the seed is nil when they have none.
func (s *Service) algorithm(t katib.Task) (spec hone.AlgorithmSpec, seed *uint64, err error) {
	called := t.Algorithm
	if s.options.Always != "" {
		called = s.options.Always
	}
	if spec.Name, err = s.resolve(called); err != nil {
		return spec, nil, err
	}
	spec.Settings = map[string]hone.Value{}
	choice := s.options.Algorithms[spec.Name].Choice
	for _, name := range slices.Sorted(maps.Keys(t.Settings)) {
		text := t.Settings[name]
		at := slices.IndexFunc(choice.Settings, func(c hone.Setting) bool { return c.Name == name })
		switch {
		case name == seedSetting:
			if seed, err = parseSeed(text); err != nil {
				return spec, nil, hone.Errorf(hone.InvalidArgument, "%s: %w", seedSetting, err)
			}
		case at >= 0:
			if spec.Settings[name], err = settingOf(choice.Settings[at], text); err != nil {
				return spec, nil, err
			}
		case slices.Contains(foreign()[t.Algorithm], name):
		default:
			spec.Settings[name] = hone.String(text) // Check says that there is no such setting
		}
	}
	return spec, seed, choice.Check(spec.Settings)
}

// settingOf reads a setting, all of which travel as text.
func settingOf(s hone.Setting, text string) (v hone.Value, err error) {
	switch s.Type {
	case "bool":
		var b bool
		b, err = strconv.ParseBool(text)
		v = hone.Bool(b)
	case "int", "double":
		var x float64
		x, err = strconv.ParseFloat(text, 64)
		v = hone.Number(x)
	default:
		v = hone.String(text)
	}
	if err != nil {
		return v, hone.Errorf(hone.InvalidArgument, "the setting %s is %q: it must be a %s", s.Name, text, s.Type)
	}
	return v, nil
}
