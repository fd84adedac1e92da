package template

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// MaxProblems is how many problems a Checker reports; it looks no further after that.
const MaxProblems = 100

// Problem is a mistake in a template.
type Problem struct {
	// Path is where it is, from what was checked: "" for a string, "[2]" in a list, ".spec.args[0]" in a
	// tree.
	Path string
	// Message says what is wrong and what to write instead.
	Message string
}

// Checker finds the mistakes of templates over some parameters, and remembers which of these are used. It is
// for one goroutine.
type Checker struct {
	words       words
	conditional map[string]bool // of every parameter
	used        map[string]bool
	problems    int
}

// NewChecker makes a Checker for templates over parameters.
func NewChecker(parameters []hone.Parameter) *Checker {
	c := &Checker{words: wordsOf(parameters), conditional: map[string]bool{}, used: map[string]bool{}}
	for _, p := range parameters {
		c.conditional[p.Name] = len(p.Conditions) > 0
	}
	return c
}

// Uses reports whether any string that was checked has a placeholder of the parameter.
func (c *Checker) Uses(parameter string) bool { return c.used[parameter] }

// String finds the mistakes of a string: a placeholder that is not closed, or that does not exist.
func (c *Checker) String(s string) []Problem {
	t, err := Parse(s)
	if err != nil {
		return c.problem(err.Error())
	}
	var problems []Problem
	for _, p := range t.parts {
		if !p.placeholder || slices.Contains(builtin(), p.text) {
			continue
		}
		if name, ok := p.parameter(); ok {
			if _, exists := c.conditional[name]; exists {
				c.used[name] = true
				continue
			}
		}
		if c.problems >= MaxProblems {
			break
		}
		problems = append(problems, c.problem(c.words.unknown(p.text))...)
	}
	return problems
}

func (c *Checker) problem(message string) []Problem {
	if c.problems >= MaxProblems {
		return nil
	}
	c.problems++
	return []Problem{{Message: message}}
}

// List finds the mistakes of a list of arguments. Besides those of its strings there is one more: a
// conditional parameter alone, right after an element that begins with '-'. When it is not active, that
// flag would get an empty value.
func (c *Checker) List(list []string) []Problem {
	var problems []Problem
	previous := ""
	for i, s := range list {
		problems = append(problems, under(fmt.Sprintf("[%d]", i), c.element(previous, s))...)
		previous = s
	}
	return problems
}

func (c *Checker) element(previous, s string) []Problem {
	problems := c.String(s)
	if len(problems) > 0 || !strings.HasPrefix(previous, "-") {
		return problems
	}
	t, err := Parse(s)
	if err != nil {
		return problems
	}
	name, _ := t.alone()
	parameter, ok := strings.CutPrefix(name, parameterPrefix)
	if !ok || !c.conditional[parameter] {
		return problems
	}
	together := previous + "=" + s
	if strings.Trim(previous, "-") == "" || strings.Contains(previous, "=") {
		together = "--flag=" + s
	}
	return c.problem(fmt.Sprintf(
		"%q is not always active, and then nothing would stand behind %s; write %s as one element, which is left out when %q is not active",
		parameter, clip(previous), strconv.Quote(together), parameter))
}

// Tree finds the mistakes in the string leaves of a parsed JSON document, keys in sorted order.
func (c *Checker) Tree(tree any) []Problem {
	switch x := tree.(type) {
	case string:
		return c.String(x)
	case map[string]any:
		keys := make([]string, 0, len(x))
		for key := range x {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		var problems []Problem
		for _, key := range keys {
			problems = append(problems, under("."+key, c.Tree(x[key]))...)
		}
		return problems
	case []any:
		return c.branch(x)
	}
	return nil
}

func (c *Checker) branch(list []any) []Problem {
	var problems []Problem
	previous := ""
	for i, child := range list {
		s, ok := child.(string)
		var found []Problem
		if ok {
			found = c.element(previous, s)
		} else {
			found = c.Tree(child)
		}
		problems = append(problems, under(fmt.Sprintf("[%d]", i), found)...)
		previous = s
	}
	return problems
}

func under(path string, problems []Problem) []Problem {
	for i := range problems {
		problems[i].Path = path + problems[i].Path
	}
	return problems
}
