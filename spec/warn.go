package spec

import (
	"fmt"
	"math"
	stdpath "path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
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
	if s.Trial != nil {
		warnings = append(warnings, warnTrial(*s.Trial)...)
		warnings = append(warnings, warnShell(*s.Trial, s.Parameters)...)
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

func warnTrial(t hone.TrialTemplate) (warnings []string) {
	if t.Image == "" && len(t.Manifest) == 0 {
		for _, f := range []struct{ name, value string }{{"cpu", t.CPU}, {"memory", t.Memory}} {
			if f.value != "" {
				warnings = append(warnings, fmt.Sprintf("spec.trial.%s is not enforced on this machine; it works together with image", f.name))
			}
		}
	}
	for _, name := range sortedNames(t.Env) {
		if ownVariable.MatchString(name) {
			warnings = append(warnings, fmt.Sprintf("spec.trial.env.%s: Hone itself sets %s, this value is not used where it does", name, name))
		}
	}
	return warnings
}

// ownVariable are the variables that every trial gets from Hone.
var ownVariable = regexp.MustCompile(`^HONE_(NAMESPACE|EXPERIMENT|TRIAL|TRIAL_DIR|ATTEMPT|PARAMETERS|PARAM_.*|URL|TOKEN)$`)

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shellFlag is the flag that makes a shell take its next argument for a program: -c, -ec, -lc.
var shellFlag = regexp.MustCompile(`^-[a-z]*c$`)

// warnShell tells of texts, and of parameters that may be absent, in what a shell reads as a program: there a
// value with a space or a quote changes what is run. Numbers are harmless.
func warnShell(t hone.TrialTemplate, parameters []hone.Parameter) (warnings []string) {
	shells := []string{"sh", "bash", "dash", "zsh", "ksh", "ash"}
	if len(t.Command) < 3 || !slices.Contains(shells, stdpath.Base(t.Command[0])) {
		return nil
	}
	i := slices.IndexFunc(t.Command, shellFlag.MatchString)
	if i < 1 || i+1 >= len(t.Command) {
		return nil
	}
	program, err := template.Parse(t.Command[i+1])
	if err != nil {
		return nil
	}
	used := program.Parameters()
	for _, p := range parameters {
		if slices.Contains(used, p.Name) && (len(p.Conditions) > 0 || hasText(p.Values)) {
			warnings = append(warnings, fmt.Sprintf("spec.trial.command[%d]: the shell reads the value of %q as a part of its program; write \"$%s\" there instead, or pass it as an argument after the program and write \"$1\"", i+1, p.Name, p.Variable()))
		}
	}
	return warnings
}

func hasText(values []hone.Value) bool {
	return slices.ContainsFunc(values, func(v hone.Value) bool { return v.Kind() == hone.StringValue })
}

// warnUnused tells of parameters that are not handed to the program: those that something like a placeholder
// stands for, and, when others are handed to it, the rest. Without any, the program reads them from its environment.
func warnUnused(t hone.TrialTemplate, parameters []hone.Parameter) (warnings []string) {
	check := template.NewChecker(parameters)
	_ = templateErrors(t, check) // only to see what is used: the mistakes were reported before
	everything := strings.Join(t.Command, "\x00") + string(t.Manifest)
	if strings.Contains(everything, "HONE_PARAMETERS") {
		return nil
	}
	var unused []hone.Parameter
	for _, p := range parameters {
		if !check.Uses(p.Name) && !strings.Contains(everything, p.Variable()) {
			unused = append(unused, p)
		}
	}
	warnings, others := lookalikes(t, unused)
	if len(others) == len(parameters) {
		return nil
	}
	for _, p := range others {
		warnings = append(warnings, fmt.Sprintf("spec.trial: no placeholder uses the parameter %q; the program sees it only as %s", p.Name, p.Variable()))
	}
	return warnings
}
