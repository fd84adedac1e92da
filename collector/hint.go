package collector

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hone-tuner/hone"
)

// hint names the usual cause of a missing metric, as a sentence; empty when none is recognised.
func (e evidence) hint() string {
	if s := e.broke(); s != "" || e.present() {
		return s
	}
	for _, cause := range []func() string{
		e.elsewhere, e.noFile, e.silent, e.otherFormat, e.noNumber, e.similar, e.mentioned, e.noMatch, e.notJSON,
	} {
		if s := cause(); s != "" {
			return s
		}
	}
	return ""
}

func (e evidence) broke() string {
	if s := crash(e.stderr.lines); s != "" {
		return s
	}
	return crash(e.stdout.lines)
}

// present reports whether the metric was read, so that its absence needs no cause.
func (e evidence) present() bool { return finds(e.c, e.c.Spec, e.source().lines) }

// elsewhere finds the objective where nobody looks for it.
func (e evidence) elsewhere() string {
	relaxed := e.c.Spec
	relaxed.Source, relaxed.Pattern = "", ""
	name := e.c.Objective
	out := finds(e.c, e.c.Spec, e.stdout.lines) || finds(e.c, relaxed, e.stdout.lines)
	err := finds(e.c, e.c.Spec, e.stderr.lines) || finds(e.c, relaxed, e.stderr.lines)
	switch e.c.Spec.Source {
	case hone.SourceFile:
		if out || err {
			return fmt.Sprintf("%s was printed, but metrics.source is file: write it to $HONE_TRIAL_DIR/%s, or leave source out.", name, e.c.Spec.Path)
		}
	case hone.SourcePush:
		if out || err {
			return fmt.Sprintf("%s was printed, but metrics.source is push: send it to HONE_URL, or leave source out.", name)
		}
		return "Nothing was sent for it: the program must post its readings to HONE_URL with HONE_TOKEN."
	case hone.SourceTensorBoard, hone.SourcePrometheus:
		if out || err {
			return fmt.Sprintf("%s was printed, but metrics.source is %s: leave source out to read what is printed.", name, e.c.Spec.Source)
		}
	default:
		if err {
			return fmt.Sprintf("%s was printed to the standard error: print it to the standard output (a Python logger takes stream=sys.stdout).", name)
		}
	}
	return ""
}

// noFile explains a metrics file that is not there, or empty.
func (e evidence) noFile() string {
	if e.c.Spec.Source != hone.SourceFile || e.c.Emission.File == "" {
		return ""
	}
	path := e.c.Spec.Path
	switch {
	case errors.Is(e.file.problem, fs.ErrNotExist):
		return fmt.Sprintf("There is no %s in the trial's folder: the program must write to $HONE_TRIAL_DIR/%s, not to the folder that it runs in.", path, path)
	case errors.Is(e.file.problem, errNotRegular):
		return fmt.Sprintf("%s is not a regular file, so it cannot be followed.", path)
	case e.file.problem != nil:
		return fmt.Sprintf("%s could not be read: %v.", path, e.file.problem)
	case e.file.size == 0:
		return fmt.Sprintf("%s is empty: the program must flush what it writes, and close the file.", path)
	}
	return ""
}

func (e evidence) silent() string {
	switch e.c.Spec.Source {
	case hone.SourceFile, hone.SourceTensorBoard, hone.SourcePrometheus:
		return ""
	}
	if len(e.source().lines) > 0 {
		return ""
	}
	if len(e.stderr.lines) > 0 {
		return "The program printed nothing to its standard output, only to the standard error."
	}
	return "The program printed nothing at all."
}

// otherFormat finds the objective when the lines are read in the other format.
func (e evidence) otherFormat() string {
	other := e.c.Spec
	other.Pattern = ""
	switch {
	case e.c.Spec.Pattern != "":
		if finds(e.c, other, e.source().lines) {
			return fmt.Sprintf("metrics.pattern does not match where %s is printed; the text format reads it without a pattern.", e.c.Objective)
		}
	case e.c.Spec.Format == hone.FormatJSON:
		other.Format = hone.FormatText
		if finds(e.c, other, e.source().lines) {
			return "metrics.format is json, but the lines are not one JSON object each: set it to text."
		}
	default:
		other.Format = hone.FormatJSON
		if finds(e.c, other, e.source().lines) {
			return "The lines are JSON objects: set metrics.format to json."
		}
	}
	return ""
}

// noNumber finds the objective with a value that is none.
func (e evidence) noNumber() string {
	lines := e.source().lines
	for i := len(lines) - 1; i >= 0; i-- {
		if v := printedValue(lines[i], e.c.Objective); v != "" {
			return fmt.Sprintf("%s was printed with the value %q, which is not a number.", e.c.Objective, shorten(v, 40))
		}
	}
	return ""
}

// similar finds the name that was probably meant.
func (e evidence) similar() string {
	r, err := newReader(e.c, noTime)
	if err != nil {
		return ""
	}
	for _, line := range e.source().lines {
		r.line([]byte(line))
	}
	if len(r.names.similar) == 0 {
		return ""
	}
	best := r.names.similar[0]
	if near := hone.Nearest(e.c.Objective, r.names.similar); near != "" {
		best = near
	}
	return fmt.Sprintf("The program printed %q: if that is the objective, set objective.metric to it; the names must be the same.", best)
}

// mentioned finds the objective's name without a value that could be read.
func (e evidence) mentioned() string {
	for _, line := range e.source().lines {
		if e.c.Spec.Pattern == "" && strings.Contains(strings.ToLower(line), strings.ToLower(e.c.Objective)) {
			return fmt.Sprintf("The output mentions %s, but not as %s=0.5 or %s: 0.5; for another form, set metrics.pattern.",
				e.c.Objective, e.c.Objective, e.c.Objective)
		}
	}
	return ""
}

func (e evidence) noMatch() string {
	if e.c.Spec.Pattern == "" {
		return ""
	}
	return "metrics.pattern did not find it: try the pattern on a line of the output."
}

func (e evidence) notJSON() string {
	if e.c.Spec.Format != hone.FormatJSON {
		return ""
	}
	for _, line := range e.source().lines {
		if strings.TrimSpace(line) == "{" {
			return "The JSON is spread over several lines: print each object on one line."
		}
		if strings.HasPrefix(strings.TrimSpace(line), "{") {
			return ""
		}
	}
	return "metrics.format is json, but there is no line with a JSON object."
}

// otherwise gives another hint where look has none.
func otherwise(look func() ([]string, string), other string) func() ([]string, string) {
	if other == "" {
		return look
	}
	return func() (tail []string, hint string) {
		if look != nil {
			tail, hint = look()
		}
		if hint == "" {
			hint = other
		}
		return tail, hint
	}
}
