package main

import (
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
)

// description is a text of named facts, one below the other.
type description struct {
	facts [][2]string
	tail  []string // lines below
}

// add adds a fact, unless there is nothing to say.
func (d *description) add(name, format string, args ...any) {
	if text := fmt.Sprintf(format, args...); text != "" {
		d.facts = append(d.facts, [2]string{name, text})
	}
}

func (d *description) String() string {
	names, width := make([]string, len(d.facts)), 0
	for i, f := range d.facts {
		names[i] = clean(f[0]) // that of a metric can be anything
		width = max(width, len(names[i]))
	}
	var b strings.Builder
	for i, f := range d.facts {
		lines := strings.Split(cleanLines(f[1]), "\n")
		name := names[i]
		if strings.TrimSpace(name) != "" { // else it goes on with the fact above
			name += ":"
		}
		fmt.Fprintf(&b, "%-*s  %s\n", width+1, name, lines[0])
		for _, more := range lines[1:] {
			fmt.Fprintf(&b, "%-*s  %s\n", width+1, "", more)
		}
	}
	for _, l := range d.tail {
		b.WriteString(l + "\n")
	}
	return b.String()
}

// standing is a state with its reason and message.
func standing(state string, reason hone.Reason, message string) string {
	if reason != "" {
		state += " (" + string(reason) + ")"
	}
	if message != "" {
		state += ": " + message
	}
	return state
}

func objectiveText(o hone.Objective) string {
	s := fmt.Sprintf("%s %s", o.Goal, o.Metric)
	if o.Target != nil {
		s += " to " + hone.Float(*o.Target).String()
	}
	if o.Reduce != "" && o.Reduce != hone.ReduceBest {
		s += ", the " + string(o.Reduce) + " of a trial's readings"
	}
	return s
}

func budgetText(b hone.Budget) string {
	var parts []string
	if b.Trials > 0 {
		parts = append(parts, plural(b.Trials, "trial"))
	}
	if b.Duration > 0 {
		parts = append(parts, b.Duration.String())
	}
	limit := b.FailureLimit()
	return strings.Join(append(parts, fmt.Sprintf("at most %d failed", limit)), ", ")
}

// parallelismText says how many trials run at once. 0 is only left in external experiments: whoever asks gets one.
func parallelismText(n int) string {
	if n == 0 {
		return "parallelism without limit"
	}
	return fmt.Sprintf("parallelism %d", n)
}

func algorithmText(s hone.AlgorithmSpec) string {
	out := s.Name
	if s.Seed != nil {
		out += fmt.Sprintf(", seed %d", *s.Seed)
	}
	for _, name := range sortedNames(s.Settings) {
		out += fmt.Sprintf(", %s=%s", name, s.Settings[name])
	}
	return out
}

// countsText says how many trials are in which state: "25 succeeded, 1 failed".
func countsText(c hone.Counts) string {
	words := map[hone.TrialState]string{hone.TrialPending: "waiting", hone.TrialRunning: "running", hone.TrialSucceeded: "succeeded",
		hone.TrialFailed: "failed", hone.TrialEarlyStopped: "stopped early", hone.TrialStopped: "stopped"}
	var parts []string
	for _, state := range hone.TrialStates() {
		if n := c.Of(state); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, words[state]))
		}
	}
	if len(parts) == 0 {
		return "none yet"
	}
	return strings.Join(parts, ", ")
}

// parametersText writes a point for people: digits cut to what matters.
func parametersText(a hone.Assignments) string {
	parts := make([]string, len(a))
	for i, x := range a {
		parts[i] = x.Parameter + "=" + valueCell(x.Value).shown()
	}
	return strings.Join(parts, " ")
}
