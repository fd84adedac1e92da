package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/cmd/hone/tui"
	"github.com/jedib0t/go-pretty/v6/text"
)

// openTrial is the trial that the user looks at.
type openTrial struct {
	number   int
	stream   string // "" for both
	metric   string
	readings []hone.Measurement // of all metrics
	log      logPane
	page     int // lines of the log that were drawn
	// fetched says of which state of the trial the readings are.
	fetched fetchedState
}

// fetchedState tells whether readings are still the newest.
type fetchedState struct {
	attempt int
	state   hone.TrialState
}

// logWish is the log that should be followed; zero for none.
type logWish struct {
	number int
	stream string
}

func (b *board) openTrial(number int) {
	stream := ""
	if b.open != nil {
		stream = b.open.stream
	}
	b.open = &openTrial{number: number, stream: stream, metric: b.experiment().Spec.Objective.Metric}
}

// wantsLog is the log that should be followed.
func (b *board) wantsLog() logWish {
	if b.open == nil {
		return logWish{}
	}
	return logWish{b.open.number, b.open.stream}
}

// wantsReadings is the trial whose readings should be fetched, 0 for none: they are not there, it still runs, or it has
// ended since.
func (b *board) wantsReadings() int {
	if b.open == nil {
		return 0
	}
	t, ok := b.trials[b.open.number]
	if !ok || t.State != hone.TrialRunning && b.open.fetched == (fetchedState{t.Attempt, t.State}) {
		return 0
	}
	return b.open.number
}

// curve takes in all readings of a trial, as they were in some state of it.
func (b *board) curve(number int, of fetchedState, readings []hone.Measurement) {
	if b.open != nil && b.open.number == number {
		b.open.readings, b.open.fetched = readings, of
	}
}

func (b *board) openKey(k tui.Key) {
	o := b.open
	switch k {
	case tui.Escape, tui.Backspace, tui.Enter:
		b.open = nil
	case tui.Left, "h", "p":
		b.openBeside(-1)
	case tui.Right, "l", "n":
		b.openBeside(1)
	case "m":
		names := o.metrics()
		if at := slices.Index(names, o.metric); len(names) > 0 {
			o.metric = names[(at+1)%len(names)]
		}
	case "s":
		o.stream = map[string]string{"": "stdout", "stdout": "stderr", "stderr": ""}[o.stream]
		o.log = logPane{}
	case tui.Up, "k":
		o.log.scroll(1, o.page)
	case tui.Down, "j":
		o.log.scroll(-1, o.page)
	case tui.PageUp:
		o.log.scroll(max(1, o.page-1), o.page)
	case tui.PageDown, " ":
		o.log.scroll(-max(1, o.page-1), o.page)
	case tui.Home, "g":
		o.log.scroll(o.log.count(), o.page)
	case tui.End, "G":
		o.log.back = 0
	}
}

// openBeside opens the trial above or below in the table.
func (b *board) openBeside(step int) {
	b.cursor = b.open.number
	at := slices.IndexFunc(b.order, func(t *boardTrial) bool { return t.Number == b.cursor })
	if at+step < 0 || at+step >= len(b.order) {
		return
	}
	b.cursor = b.order[at+step].Number
	b.openTrial(b.cursor)
}

// metrics lists the metrics of which there are readings, the open one too.
func (o *openTrial) metrics() []string {
	names := map[string]bool{o.metric: true}
	for _, m := range o.readings {
		names[m.Metric] = true
	}
	return sortedNames(names)
}

// openLines draws the trial: what it is, its curve, and the end of its log.
func (b *board) openLines(width, height int) []string {
	o := b.open
	t, ok := b.trials[o.number]
	if !ok {
		return []string{b.foot(width)}
	}
	var lines []string
	for _, l := range b.trialHead(t, width, max(1, height/4)) {
		lines = append(lines, l.render(width-1, b.look))
	}
	free := height - len(lines) - 1
	lines = append(lines, b.curveLines(width, min(max(free*2/5, 0), 16))...)
	if room := height - len(lines) - 2; room > 0 {
		o.page = room
		lines = append(lines, b.logTitle(width))
		lines = append(lines, o.log.view(width-1, room, b.look)...)
	}
	lines = fitLines(lines, height-1)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	return append(lines, b.foot(width))
}

// trialHead says what is known of the trial.
func (b *board) trialHead(t *boardTrial, width, most int) []line {
	objective := b.experiment().Spec.Objective
	var l line
	l.add(bold, t.Name())
	l.add(stateStyle(string(t.State)), "  "+stateCell(string(t.State), t.Reason).shown())
	if c := trialValueCell(objective, t.State, t.Value, t.Metrics, b.look); c.shown() != "" {
		l.add(plain, "  "+objective.Metric+" ")
		l.add(bold, c.shown())
	}
	if t.rank > 0 {
		l.add(plain, fmt.Sprintf("  rank %d", t.rank))
	}
	if d := durationCell(t.Duration(b.now)); d.full != "" {
		l.add(plain, "  "+clock(t.Duration(b.now)))
	}
	if t.Attempt > 1 {
		l.add(plain, fmt.Sprintf("  attempt %d", t.Attempt))
	}
	if t.Client != "" {
		l.add(plain, "  client "+t.Client)
	}
	lines := []line{l}
	if t.Message != "" {
		lines = append(lines, line{{failureText("", t.Message), red}})
	}
	words := make([]string, 0, len(t.Parameters)+len(t.Metrics))
	for _, x := range t.Parameters {
		words = append(words, clean(x.Parameter+"="+valueCell(x.Value).shown()))
	}
	for _, name := range sortedNames(t.Metrics) {
		if name != objective.Metric {
			words = append(words, clean(name+": "+floatCell(t.Metrics[name]).shown()))
		}
	}
	for _, w := range wrap(words, width-1) {
		lines = append(lines, line{{w, plain}})
	}
	if len(lines) > most {
		lines = lines[:most]
		last := lines[most-1]
		last.add(dim, " "+b.look.ellipsis())
		lines[most-1] = last
	}
	return lines
}

// wrap puts words into lines. A word that is too long has a line of its own.
func wrap(words []string, width int) (lines []string) {
	current := ""
	for _, w := range words {
		switch {
		case current == "":
			current = w
		case text.StringWidthWithoutEscSequences(current)+2+text.StringWidthWithoutEscSequences(w) <= width:
			current += "  " + w
		default:
			lines, current = append(lines, current), w
		}
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}

func (b *board) curveLines(width, height int) []string {
	o := b.open
	var own []hone.Measurement
	for _, m := range o.readings {
		if m.Metric == o.metric {
			own = append(own, m)
		}
	}
	var title line
	title.add(dim, o.metric)
	if others := len(o.metrics()) - 1; others > 0 {
		title.add(dim, fmt.Sprintf(" (m: %s)", plural(others, "other metric")))
	}
	if len(own) == 0 {
		title.add(dim, ": no readings")
		return []string{"", title.render(width-1, b.look)}
	}
	lines := chart(own, width-1, height-2, b.look)
	if lines == nil {
		title.add(dim, ": "+floatCell(own[len(own)-1].Value).shown())
	}
	return append([]string{"", title.render(width-1, b.look)}, lines...)
}

func (b *board) logTitle(width int) string {
	o := b.open
	stream := o.stream
	if stream == "" {
		stream = "stdout and stderr"
	}
	how := ""
	switch {
	case o.log.back > 0:
		how = fmt.Sprintf(", %s back", plural(o.log.back, "line"))
	case b.stateOf(o.number) == hone.TrialRunning:
		how = ", following"
	}
	rule := "─"
	if !b.look.unicode {
		rule = "-"
	}
	var l line
	label := stream + how
	l.add(dim, rule+rule+" "+label+" ")
	l.add(dim, strings.Repeat(rule, max(0, width-5-len(label))))
	return l.render(width-1, b.look)
}
