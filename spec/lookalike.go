package spec

import (
	"fmt"
	"regexp"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// longestLookedAt is how long a text may be in which what looks like placeholders is searched.
const longestLookedAt = 64 << 10

// lookalikes tells of parameters that stand in a trial in the way of other systems, as {lr}, $lr or
// {{parameters.lr}}: the program would get this very text. It returns the other parameters too.
func lookalikes(t hone.TrialTemplate, unused []hone.Parameter) (warnings []string, others []hone.Parameter) {
	texts := templateTexts(t)
	for _, p := range unused {
		if warning := lookalike(texts, p.Name); warning != "" {
			warnings = append(warnings, warning)
		} else {
			others = append(others, p)
		}
	}
	return warnings, others
}

func lookalike(texts []placedText, name string) string {
	var looks *regexp.Regexp
	for _, x := range texts {
		if len(x.text) > longestLookedAt || !strings.Contains(x.text, name) {
			continue
		}
		if looks == nil {
			looks = looksLike(name)
		}
		if found := looks.FindStringSubmatch(x.text); found != nil {
			return fmt.Sprintf("%s: %s is no placeholder, the program gets it as it is; write ${parameters.%s}", x.at, found[1], name)
		}
	}
	return ""
}

// looksLike finds {{lr}}, {lr}, $(lr), $lr and %(lr)s, also with a word and a point before the name. What
// follows a $ is meant as it is.
func looksLike(name string) *regexp.Regexp {
	n := `(?:\w+\.)?` + regexp.QuoteMeta(name)
	return regexp.MustCompile(`(?:^|[^$])(\{\{[ $.]*` + n + ` *\}\}|\{ *` + n + ` *\}|\$\(` + n + `\)|%\(` + n + `\)s|\$` + n + `)(?:\W|$)`)
}

// placedText is a text with its path.
type placedText struct{ at, text string }

// templateTexts lists the texts of a trial that may have placeholders.
func templateTexts(t hone.TrialTemplate) (texts []placedText) {
	for i, arg := range t.Command {
		texts = append(texts, placedText{fmt.Sprintf("spec.trial.command[%d]", i), arg})
	}
	for _, name := range sortedNames(t.Env) {
		texts = append(texts, placedText{"spec.trial.env." + name, t.Env[name]})
	}
	return append(texts, placedText{"spec.trial.workdir", t.Workdir}, placedText{"spec.trial.manifest", string(t.Manifest)})
}
