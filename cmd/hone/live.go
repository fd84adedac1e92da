package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

// view draws the live view: a pure function of what is known, the size of the terminal, and its look.
func (p *progress) view(width, height int, k look) []string {
	lines := []line{p.headLine(), p.barLine(width, k)}
	if l := p.bestLine(); l != nil {
		lines = append(lines, l)
	}
	var tail []line
	for _, f := range p.failures {
		tail = append(tail, p.failureLine(f))
	}
	if p.interrupting {
		tail = append(tail, line{{fmt.Sprintf("interrupting: waiting for %s; press Ctrl-C again to stop waiting", plural(len(p.running()), "running trial")), yellow}})
	} else if p.note != "" {
		tail = append(tail, line{{"note: " + p.note, dim}})
	}
	lines = append(lines, p.runningLines(height-1-len(lines)-len(tail))...)
	lines = append(lines, tail...)
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l.render(width-1, k) // the last column stays free: some terminals break the line there
	}
	return out
}

// headLine says what is optimised, and how it stands.
func (p *progress) headLine() line {
	e := p.experiment
	var l line
	l.add(bold, hone.Name{Namespace: e.Namespace, Name: e.Name}.String())
	state := string(e.Status.State)
	if e.Status.Draining {
		state = "Draining"
	}
	if p.waiting {
		state += " (" + waitingText + ")"
	}
	l.add(stateStyle(state), "  "+state)
	l.add(plain, "  "+objectiveText(e.Spec.Objective))
	if active := activeTime(e, p.now); active > 0 {
		l.add(plain, "  "+clock(active))
	}
	if e.Status.Counts != (hone.Counts{}) {
		l.add(dim, "  "+countsText(e.Status.Counts))
	}
	return l
}

// barLine is the progress bar over the budget, with what is used of it and what time is left.
func (p *progress) barLine(width int, k look) line {
	e := p.experiment
	var parts []string
	if n := e.Spec.Budget.Trials; n > 0 {
		parts = append(parts, fmt.Sprintf("%d/%s", e.Status.Counts.Ended(), plural(n, "trial")))
	} else {
		parts = append(parts, plural(e.Status.Counts.Ended(), "trial"))
	}
	if d := e.Spec.Budget.Duration; d > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s", clock(activeTime(e, p.now)), d))
	}
	if left, ok := p.eta(); ok {
		parts = append(parts, "ETA "+clock(max(left.Round(time.Second), time.Second)))
	}
	share := p.share()
	label := fmt.Sprintf(" %3.0f%%  %s", share*100, strings.Join(parts, "  "))
	cells := min(40, width-1-len(label))
	var l line
	if cells >= 5 {
		full, rest := "█", "░"
		if !k.unicode {
			full, rest = "#", "-"
		}
		n := int(share * float64(cells))
		l.add(green, strings.Repeat(full, n))
		l.add(dim, strings.Repeat(rest, cells-n))
	}
	l.add(plain, label)
	return l
}

// bestLine is the best trial so far with its parameters.
func (p *progress) bestLine() line {
	b := p.experiment.Status.Best
	if b == nil {
		return nil
	}
	var l line
	l.add(plain, "best ")
	l.add(bold, digits(float64(b.Value)))
	l.add(plain, "  "+b.Trial)
	l.add(dim, "  "+parametersText(b.Parameters))
	return l
}

// runningLines shows the running trials, in up to a number of lines.
func (p *progress) runningLines(limit int) []line {
	running := p.running()
	if len(running) == 0 || limit < 1 {
		return nil
	}
	more := 0
	if len(running) > limit {
		more = len(running) - limit + 1
		running = running[:limit-1]
	}
	lines := make([]line, 0, limit)
	for _, t := range running {
		lines = append(lines, p.runningLine(t))
	}
	if more > 0 {
		lines = append(lines, line{{fmt.Sprintf("  and %s more running", plural(more, "trial")), dim}})
	}
	return lines
}

func (p *progress) runningLine(t *liveTrial) line {
	var l line
	l.add(cyan, "  "+hone.TrialName(p.experiment.Name, t.number))
	age := ""
	if !t.start.IsZero() {
		age = ageText(p.now.Sub(t.start))
	}
	l.add(plain, fmt.Sprintf("  %6s", age))
	step, value := "", "-"
	if t.value != nil {
		value = digits(float64(*t.value))
	}
	if t.step != nil {
		step = fmt.Sprintf("step %d", *t.step)
	}
	l.add(plain, fmt.Sprintf("  %-9s  %-10s", step, value))
	l.add(dim, "  "+parametersText(t.parameters))
	return l
}

// ageText is a short duration whose unit does not jump within the first minute.
func ageText(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", max(0, d.Truncate(100*time.Millisecond)).Seconds())
	}
	return clock(d)
}

func (p *progress) failureLine(f endedTrial) line {
	var l line
	l.add(red, "  "+hone.TrialName(p.experiment.Name, f.number)+" failed")
	l.add(plain, "  "+failureText(f.reason, f.message))
	return l
}
