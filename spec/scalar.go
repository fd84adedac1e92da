package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
)

// expected names what a shape takes, for messages.
func (s shape) expected() string {
	switch s.kind {
	case numberShape:
		return "a number"
	case wholeShape:
		return "a whole number"
	case truthShape:
		return "true or false"
	case durationShape:
		return "a duration such as 90s, 30m or 2h"
	case improvementShape:
		return `a number, or a percentage such as "0.1%"`
	case valueShape:
		return "a text, a number, true or false"
	case listShape:
		return "a list"
	case objectShape, dictionaryShape, documentShape:
		return "a mapping"
	}
	return "a text"
}

// scalar checks a single value.
func (c *checker) scalar(n *node, s shape, at *path) {
	wrong := ""
	switch s.kind {
	case textShape, nameShape:
		wrong = checkText(n, s)
	case numberShape, wholeShape:
		wrong = checkNumber(n, s)
	case truthShape:
		wrong = checkTruth(n)
	case durationShape:
		wrong = checkDuration(n, s)
	case quantityShape:
		if n.kind == numberNode {
			n.kind = textNode
		}
		wrong = checkText(n, s)
	case improvementShape:
		wrong = checkImprovement(n)
	case valueShape:
		if n.kind == listNode || n.kind == mapNode {
			wrong = "expected " + s.expected() + ", got " + n.describe()
		}
	}
	if wrong != "" {
		c.bad(n, at, "%s", wrong)
	}
}

func checkText(n *node, s shape) string {
	switch n.kind {
	case textNode:
		return checkWord(n.text, s.oneOf, s.others)
	case numberNode, truthNode:
		written := n.text
		if n.kind == truthNode {
			written = strconv.FormatBool(n.truth)
		}
		return fmt.Sprintf("expected a text, got %s; put it in quotes: %q", n.describe(), written)
	}
	return "expected a text, got " + n.describe()
}

// nearWord finds the word that is meant: one that is spelled almost so, or a longer or shorter form.
func nearWord(word string, words []string) string {
	if near := original(hone.Nearest(word, lower(words)), words); near != "" {
		return near
	}
	for _, w := range words {
		if len(word) >= 3 && (strings.HasPrefix(word, w) || strings.HasPrefix(w, word)) {
			return w
		}
	}
	return ""
}

// checkWord checks a text that can only be one of some words. Others are known by what they are called elsewhere.
func checkWord(word string, words []string, others map[string]string) string {
	switch {
	case len(words) == 0 || slices.Contains(words, word):
		return ""
	case len(words) == 1:
		return fmt.Sprintf("must be %s, not %q", words[0], clip(word))
	}
	message := fmt.Sprintf("%q is not one of %s", clip(word), strings.Join(words, ", "))
	near := others[strings.ToLower(word)]
	if near == "" {
		near = nearWord(strings.ToLower(word), words)
	}
	if near != "" {
		message += fmt.Sprintf("; did you mean %q?", near)
	}
	return message
}

func checkNumber(n *node, s shape) string {
	if n.kind != numberNode {
		message := "expected " + s.expected() + ", got " + n.describe()
		if _, err := strconv.ParseFloat(n.text, 64); err == nil && n.kind == textNode && !n.plain {
			message += "; write it without quotes"
		}
		return message
	}
	x, err := strconv.ParseFloat(n.text, 64)
	switch {
	case err != nil:
		return "expected a number, got " + n.describe()
	case s.kind == wholeShape:
		return checkWhole(n, s, x)
	case s.positive && x == 0:
		return "must be greater than 0; leave it out when it is not wanted"
	}
	return ""
}

func checkWhole(n *node, s shape, x float64) string {
	whole, fits := n.whole()
	switch {
	case !fits && x == math.Trunc(x):
		return n.text + " is too large"
	case !fits:
		return "expected a whole number, got " + n.describe()
	case s.natural && whole < 0:
		return "must not be negative, not " + n.text
	case s.positive && whole == 0:
		return "must be at least 1; leave it out when it is not wanted"
	}
	n.text = strconv.FormatInt(whole, 10) // 60.0 and 6e1 are 60
	return ""
}

func checkTruth(n *node) string {
	if n.kind == truthNode {
		return ""
	}
	message := "expected true or false, got " + n.describe()
	switch strings.ToLower(n.text) {
	case "yes", "y", "on", "true":
		message += "; write true"
	case "no", "n", "off", "false":
		message += "; write false"
	}
	return message
}

func checkDuration(n *node, s shape) string {
	if n.kind != textNode {
		return "expected " + s.expected() + ", got " + n.describe()
	}
	var d hone.Duration
	if err := d.UnmarshalText([]byte(n.text)); err != nil {
		return err.Error()
	}
	if s.positive && time.Duration(d) == 0 {
		return "must be greater than 0; leave it out for no limit"
	}
	return ""
}

func checkImprovement(n *node) string {
	if n.kind != textNode && n.kind != numberNode {
		return "expected " + shape{kind: improvementShape}.expected() + ", got " + n.describe()
	}
	var i hone.Improvement
	if err := i.UnmarshalJSON(appendJSON(nil, n)); err != nil {
		return err.Error()
	}
	return ""
}
