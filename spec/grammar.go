package spec

import (
	"regexp"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// meant says what people mean who write something that CEL does not have.
type meant struct {
	before string // what stands in front of the place
	at     string // what stands there
	say    string
}

// slips are the usual ones, the first that fits counts.
func slips() []meant {
	const quotes = `texts stand in straight quotes, "…" or '…'`
	const powers = "there are no powers; write x * x"
	return []meant{
		{before: "==", at: "=", say: "=== is no operator; did you mean ==?"},
		{at: "=<", say: "=< is no operator; did you mean <=?"},
		{at: "=>", say: "=> is no operator; did you mean >=?"},
		{at: "=", say: "= is no operator; did you mean ==?"},
		{before: "<", at: ">", say: "<> is no operator; did you mean !=?"},
		{before: "*", at: "*", say: powers},
		{at: "^", say: powers},
		{at: "&", say: "& is no operator; did you mean &&?"},
		{at: "|", say: "| is no operator; did you mean ||?"},
		{at: "≤", say: "≤ is no operator; did you mean <=?"},
		{at: "≥", say: "≥ is no operator; did you mean >=?"},
		{at: "≠", say: "≠ is no operator; did you mean !=?"},
		{at: "×", say: "× is no operator; did you mean *?"},
		{at: "“", say: quotes}, {at: "”", say: quotes}, {at: "‘", say: quotes}, {at: "’", say: quotes},
		{at: `"`, say: "the text that begins here is not closed"}, {at: "'", say: "the text that begins here is not closed"},
		{at: "$", say: `write the name of the parameter alone, without $`},
		{at: "#", say: "a comment begins with //"},
	}
}

// wordSlips are words that other languages have.
func wordSlips() map[string]string {
	return map[string]string{
		"and": "and is no operator; did you mean &&?",
		"or":  "or is no operator; did you mean ||?",
		"not": "not is no operator; write !(…)",
		"is":  "is is no operator; did you mean ==?",
	}
}

var (
	firstWord = regexp.MustCompile(`^[A-Za-z_]+`)
	lastWord  = regexp.MustCompile(`[A-Za-z_]+$`)
	// jargon is how the grammar names what it stumbled over.
	jargon  = regexp.MustCompile(`(?s)^(?:token recognition error at: |mismatched input |extraneous input |no viable alternative at input )'(.*)'$`)
	lacking = regexp.MustCompile(`^missing '(.*)' at `)
)

// sayGrammar puts what the grammar of CEL complains about into the words of people. Line and column are those of
// the place, from 1 and from 0.
func sayGrammar(message, expression string, line, column int) string {
	message, _, _ = strings.Cut(message, " expecting ")
	if strings.Contains(message, "'<EOF>'") {
		return "the expression ends too early"
	}
	if found := lacking.FindStringSubmatch(message); found != nil {
		return "a " + found[1] + " is missing before this"
	}
	found := jargon.FindStringSubmatch(message)
	if found == nil {
		return message
	}
	before, at := split(expression, line, column)
	for _, s := range slips() {
		if strings.HasPrefix(at, s.at) && strings.HasSuffix(before, s.before) {
			return s.say
		}
	}
	for _, word := range []string{firstWord.FindString(at), lastWord.FindString(strings.TrimRight(before, " "))} {
		if say := wordSlips()[strings.ToLower(word)]; say != "" {
			return say
		}
	}
	return strconv.Quote(strings.TrimSpace(clip(found[1]))) + " cannot stand here"
}

// split cuts an expression at a place.
func split(expression string, line, column int) (before, at string) {
	for ; line > 1; line-- {
		_, expression, _ = strings.Cut(expression, "\n")
	}
	letters := []rune(expression)
	column = max(0, min(column, len(letters)))
	return string(letters[:column]), string(letters[column:])
}

// overload is what the CEL compiler says of values that do not go together.
var overload = regexp.MustCompile(`^found no matching overload for '(.*)' applied to '(.*)'`)

// sayOverload says that values do not go together.
func sayOverload(message string) string {
	found := overload.FindStringSubmatch(message)
	if found == nil {
		return clip(message)
	}
	operator := strings.Trim(found[1], "_@")
	message = clip(operator + " cannot be applied to " + found[2])
	if strings.ContainsAny(operator, "<>") && strings.HasPrefix(found[2], "(bool, ") {
		message += "; write a " + operator + " b && b " + operator + " c for a " + operator + " b " + operator + " c"
	}
	return message
}

// reserved is the mistake of a parameter whose name CEL keeps for itself.
func reserved(word string) error {
	return hone.Errorf(hone.InvalidArgument, "%s is a reserved word of CEL; write the parameter as p[%q]", word, word)
}
