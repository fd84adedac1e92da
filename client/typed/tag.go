package typed

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// key is the name of the struct tag.
const key = "hone"

// tag is what stands in a field's tag.
type tag struct {
	name           string
	min, max, step *float64
	log            bool
	categorical    bool
	values         []string
	when           []clause
}

// clause is one when= of a tag.
type clause struct {
	parameter string
	values    []string
}

// options are what a tag may say behind the name.
func options() []string {
	return []string{"min", "max", "step", "log", "values", "categorical", "when"}
}

// parseTag reads a tag, and lists what is wrong with it.
func parseTag(text string) (t tag, mistakes []string) {
	name, rest, more := strings.Cut(text, ",")
	t.name = strings.TrimSpace(name)
	if !more {
		return t, nil
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(rest, ",") {
		option, value, given := strings.Cut(strings.TrimSpace(part), "=")
		if seen[option] && option != "when" {
			mistakes = append(mistakes, option+" stands there twice")
			continue
		}
		seen[option] = true
		if complaint := t.set(option, value, given); complaint != "" {
			mistakes = append(mistakes, complaint)
		}
	}
	return t, mistakes
}

// set takes one option, and says what is wrong with it.
func (t *tag) set(option, value string, given bool) string {
	var number **float64
	switch option {
	case "min":
		number = &t.min
	case "max":
		number = &t.max
	case "step":
		number = &t.step
	case "log", "categorical":
		if given {
			return option + " takes no value"
		}
		t.log, t.categorical = t.log || option == "log", t.categorical || option == "categorical"
		return ""
	case "values":
		t.values = strings.Split(value, "|")
		return missing(option, value, "values=sgd|adam")
	case "when":
		return t.addWhen(value)
	default:
		return unknown(option)
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return fmt.Sprintf("%s must be a number, not %q", option, value)
	}
	*number = &x
	return ""
}

func (t *tag) addWhen(value string) string {
	parameter, values, ok := strings.Cut(value, ":")
	if !ok || parameter == "" || values == "" {
		return missing("when", "", "when=optimizer:sgd|adam")
	}
	t.when = append(t.when, clause{parameter: parameter, values: strings.Split(values, "|")})
	return ""
}

func missing(option, value, example string) string {
	if value != "" {
		return ""
	}
	return fmt.Sprintf("%s is not complete; write it like %s", option, example)
}

func unknown(option string) string {
	if option == "" {
		return "an option is missing between two commas"
	}
	message := fmt.Sprintf("there is no option %q", option)
	if near := hone.Nearest(option, options()); near != "" {
		return message + fmt.Sprintf("; did you mean %q?", near)
	}
	return message + "; there are " + strings.Join(options(), ", ")
}
