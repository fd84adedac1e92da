package main

import (
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// plainLine tells the end of a trial on one line, for output that is not a terminal.
func plainLine(e hone.Experiment, t *endedTrial) string {
	var b strings.Builder
	if n := e.Spec.Budget.Trials; n > 0 {
		fmt.Fprintf(&b, "[%d/%d] ", t.done, n)
	} else {
		fmt.Fprintf(&b, "[%d] ", t.done)
	}
	fmt.Fprintf(&b, "%s %s", hone.TrialName(e.Name, t.number), t.state)
	if t.value != nil {
		fmt.Fprintf(&b, " %s=%s", e.Spec.Objective.Metric, digits(float64(*t.value)))
	}
	if t.took > 0 {
		b.WriteString(" " + wire.Duration(t.took))
	}
	if t.best {
		b.WriteString(" (best)")
	}
	if len(t.parameters) > 0 {
		b.WriteString("  " + parametersText(t.parameters))
	}
	if t.state != hone.TrialSucceeded && t.reason != "" {
		b.WriteString("  " + failureText(t.reason, t.message))
	}
	return clean(b.String())
}
