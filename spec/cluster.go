package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// clusterErrors finds the mistakes of a trial that matter on Kubernetes.
func clusterErrors(e hone.Experiment) hone.FieldErrors {
	t := e.Spec.Trial
	f := &faults{}
	switch {
	case len(t.Manifest) > 0:
		f.manifest(e)
	case t.Image != "":
		f.image(*t)
		f.quantity("cpu", t.CPU)
		f.quantity("memory", t.Memory)
	}
	return f.errs
}

func (f *faults) image(t hone.TrialTemplate) {
	if len(t.Command) == 0 {
		f.add("command", "is missing: Hone starts the program itself and cannot see the image's own entry point, so write it here with its arguments")
	}
	switch {
	case strings.Contains(t.Image, "://"):
		f.add("image", "%q begins with a scheme; write the name alone, such as registry.example/digits:1", clip(t.Image))
	case strings.ContainsAny(t.Image, " \t\n"):
		f.add("image", "%q has a space in it; write the name of an image, such as registry.example/digits:1", clip(t.Image))
	}
}

// quantityText is an amount as Kubernetes writes it: a number and its unit.
var quantityText = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(.*)$`)

// leastMemory is what a program needs at the very least: less is a unit that was forgotten.
const leastMemory = 1 << 20

// quantity checks an amount of cpu or memory.
func (f *faults) quantity(field, text string) {
	if text == "" || strings.Contains(text, "${") { // with a placeholder, it is known when the trial is rendered
		return
	}
	example := `"2", "0.5" or 500m`
	if field == "memory" {
		example = "4Gi or 512Mi"
	}
	parts := quantityText.FindStringSubmatch(text)
	if parts == nil {
		f.add(field, "%q is not an amount; write %s", clip(text), example)
		return
	}
	number, err := strconv.ParseFloat(parts[1], 64)
	factor, known := units()[parts[2]]
	switch amount := number * factor; {
	case err != nil || !known:
		f.add(field, "%q is not an amount%s; write %s", clip(text), nearUnit(parts[1], parts[2]), example)
	case amount <= 0 || math.IsInf(amount, 0):
		f.add(field, "must be more than 0, such as %s", example)
	case field == "cpu" && amount > 1<<20:
		f.add(field, "%q is a great many CPUs; write %s", clip(text), example)
	case field == "memory" && amount < leastMemory:
		f.add(field, "%q is %s bytes, too little for any program; write %s", clip(text), strconv.FormatFloat(amount, 'g', -1, 64), example)
	}
}

// units are those of Kubernetes.
func units() map[string]float64 {
	return map[string]float64{
		"": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
	}
}

// nearUnit says what is meant by a unit that people write elsewhere: GB, gb, GiB, g.
func nearUnit(number, unit string) string {
	plain := strings.ToLower(strings.TrimSpace(unit))
	plain = strings.TrimSuffix(strings.TrimSuffix(plain, "b"), "i")
	if len(plain) != 1 || !strings.Contains("kmgtp", plain) {
		return ""
	}
	return "; did you mean " + number + strings.ToUpper(plain) + "i?"
}
