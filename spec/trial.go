package spec

import (
	"encoding/json"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
)

// validateTrial finds the mistakes in the templates and conditions of a trial.
func (d *Decoder) validateTrial(e hone.Experiment, c *checker) (errs hone.FieldErrors) {
	t := e.Spec.Trial
	if t == nil {
		return nil
	}
	if !c.doubtsNames(e) {
		errs = append(errs, templateErrors(*t, template.NewChecker(e.Spec.Parameters))...)
	}
	errs = append(errs, d.checkCondition("success", t.Success)...)
	errs = append(errs, d.checkCondition("failure", t.Failure)...)
	return append(errs, clusterErrors(e)...)
}

// doubtsNames reports whether it is not sure what parameters there are.
func (c *checker) doubtsNames(e hone.Experiment) bool {
	for _, d := range c.doubtful {
		if under("spec.parameters", d) {
			return true
		}
	}
	for _, p := range e.Spec.Parameters {
		if p.Name == "" {
			return true
		}
	}
	return false
}

// templateErrors finds the mistakes in the strings of a trial that may have placeholders.
func templateErrors(t hone.TrialTemplate, check *template.Checker) (errs hone.FieldErrors) {
	add := func(at string, problems []template.Problem) {
		for _, p := range problems {
			errs = append(errs, hone.FieldError{Path: "spec.trial." + at + p.Path, Message: p.Message})
		}
	}
	add("command", check.List(t.Command))
	for _, name := range sortedNames(t.Env) {
		add("env."+name, check.String(t.Env[name]))
	}
	add("workdir", check.String(t.Workdir))
	add("image", check.String(t.Image))
	add("cpu", check.String(t.CPU))
	add("memory", check.String(t.Memory))
	add("primaryContainer", check.String(t.PrimaryContainer))
	var manifest any
	if json.Unmarshal(t.Manifest, &manifest) == nil {
		add("manifest", check.Tree(manifest))
	}
	return errs
}

// checkCondition compiles a condition on the object of a trial.
func (d *Decoder) checkCondition(field, expression string) hone.FieldErrors {
	if expression == "" {
		return nil
	}
	if _, err := d.CompileObjectCondition(expression); err != nil {
		return hone.FieldErrors{{Path: "spec.trial." + field, Message: err.Error()}}
	}
	return nil
}
