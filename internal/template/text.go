package template

import (
	"strings"

	hone "github.com/hone-tuner/hone"
)

// The placeholders that are not parameters, and what stands before the name of one that is.
const (
	trialName           = "trial.name"
	trialNumber         = "trial.number"
	experimentName      = "experiment.name"
	experimentNamespace = "experiment.namespace"
	parameterPrefix     = "parameters."
)

// Text is a parsed string: literal text and placeholders.
type Text struct {
	parts []part
}

type part struct {
	text        string // literal text, or the name in a placeholder: "parameters.lr"
	placeholder bool
}

// parameter returns the name of the parameter that the part stands for, if it stands for one.
func (p part) parameter() (string, bool) {
	if !p.placeholder {
		return "", false
	}
	return strings.CutPrefix(p.text, parameterPrefix)
}

// Parse splits a string into literal text and placeholders. Whether the placeholders exist is not looked
// at; the only mistake is a ${ that no } follows.
func Parse(s string) (Text, error) {
	var t Text
	for s != "" {
		i := strings.Index(s, "${")
		if i < 0 {
			t.literal(s)
			break
		}
		if i > 0 && s[i-1] == '$' {
			t.literal(s[:i-1])
			t.literal("${")
			s = s[i+2:]
			continue
		}
		t.literal(s[:i])
		name, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed {
			return Text{}, hone.Errorf(hone.InvalidArgument, "the placeholder %s is not closed with }; write $${ for the text ${ itself", clip(s[i:]))
		}
		t.parts = append(t.parts, part{text: name, placeholder: true})
		s = rest
	}
	return t, nil
}

// literal adds text to the end; text that stands together is one part.
func (t *Text) literal(s string) {
	if s == "" {
		return
	}
	if n := len(t.parts); n > 0 && !t.parts[n-1].placeholder {
		t.parts[n-1].text += s
		return
	}
	t.parts = append(t.parts, part{text: s})
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Placeholders lists the names in a text, "parameters.lr" or "trial.name", in their order.
func (t Text) Placeholders() []string {
	var names []string
	for _, p := range t.parts {
		if p.placeholder {
			names = append(names, p.text)
		}
	}
	return names
}

// Parameters lists the names of the parameters that a text uses, in their order.
func (t Text) Parameters() []string {
	var names []string
	for _, p := range t.parts {
		if name, ok := p.parameter(); ok {
			names = append(names, name)
		}
	}
	return names
}

// alone returns the name in a text that is one placeholder and nothing else.
func (t Text) alone() (name string, ok bool) {
	if len(t.parts) != 1 || !t.parts[0].placeholder {
		return "", false
	}
	return t.parts[0].text, true
}

// Escape writes a text so that it means itself: Parse makes the same text of it, without placeholders.
func Escape(s string) string { return strings.ReplaceAll(s, "${", "$${") }
