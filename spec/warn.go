package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// warn says what is worth knowing of an experiment that is valid, before its defaults are filled in.
func warn(e hone.Experiment) (warnings []string) {
	s := e.Spec
	if s.Budget.Trials == 0 && s.Budget.Duration == 0 {
		warnings = append(warnings, fmt.Sprintf("spec.budget has neither trials nor duration: it will be %d trials", hone.DefaultTrials))
	}
	for i, p := range s.Parameters {
		at := fmt.Sprintf("spec.parameters[%d]", i)
		warnings = append(warnings, warnParameter(at, p)...)
	}
	warnings = append(warnings, warnSize(s)...)
	warnings = append(warnings, warnMetrics(s.Metrics)...)
	if s.Trial != nil {
		warnings = append(warnings, warnTrial(*s.Trial)...)
		warnings = append(warnings, warnShells(*s.Trial, s.Parameters)...)
		warnings = append(warnings, warnUnused(*s.Trial, s.Parameters)...)
	}
	return warnings
}

func warnParameter(at string, p hone.Parameter) (warnings []string) {
	if n := p.Cardinality(); p.Step > 0 && n > 1 {
		if last := p.At(n - 1); last.Float() < p.Max {
			warnings = append(warnings, fmt.Sprintf("%s.max: %q never becomes %s, its last step is %s", at, p.Name, hone.Number(p.Max), last))
		}
	}
	if p.Type == hone.CategoricalType && mixed(p.Values) {
		var texts []string
		for _, v := range p.Values {
			texts = append(texts, typed(v))
		}
		warnings = append(warnings, fmt.Sprintf("%s.values: %q mixes types: %s; quotes make a text of a value", at, p.Name, clip(strings.Join(texts, ", "))))
	}
	return warnings
}

func mixed(values []hone.Value) bool {
	return slices.ContainsFunc(values, func(v hone.Value) bool { return v.Kind() != values[0].Kind() })
}

func typed(v hone.Value) string {
	switch v.Kind() {
	case hone.StringValue:
		return "the text " + strconv.Quote(v.String())
	case hone.BoolValue:
		return "the boolean " + v.String()
	}
	return "the number " + v.String()
}

// warnSize tells when there are fewer points than trials. An algorithm that counts its points ends there.
func warnSize(s hone.Spec) []string {
	space, err := hone.NewSpace(s.Parameters...).Compile(nil)
	if err != nil {
		return nil
	}
	points, trials := space.Size(), s.WithDefaults().Budget.Trials
	if trials == 0 || math.IsInf(points, 1) || points >= float64(trials) {
		return nil
	}
	return []string{fmt.Sprintf("spec.budget.trials: the space has only %.0f different points, fewer than %d trials", points, trials)}
}

// warnMetrics tells of fields that the source has no use for.
func warnMetrics(m hone.MetricsSpec) (warnings []string) {
	if m.Source != hone.SourcePush && m.Source != hone.SourceTensorBoard && m.Source != hone.SourcePrometheus {
		return nil
	}
	for _, f := range []struct{ name, value string }{{"format", m.Format}, {"pattern", m.Pattern}} {
		if f.value != "" {
			warnings = append(warnings, fmt.Sprintf("spec.metrics.%s is for source stdout and file; %s does not use it", f.name, m.Source))
		}
	}
	return warnings
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
