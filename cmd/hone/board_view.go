package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	reverse      style = "7"
	boldGreen    style = "1;32"
	fixedColumns       = 2 // rank and trial stay when the others move
)

// view draws the board for a terminal of some size: a pure function of what is known.
func (b *board) view(width, height int) []string {
	if b.progress == nil {
		return fitLines([]string{cut("asking for "+clean(b.name.String())+" "+b.look.ellipsis(), width-1, b.look)}, height)
	}
	b.tidy()
	switch {
	case b.help:
		return fitLines(b.helpLines(width), height)
	case b.open != nil:
		return fitLines(b.openLines(width, height), height)
	}
	b.progress.now = b.now
	above := 0 // lines of the head; low terminals have fewer
	for _, least := range []int{6, 8, 10} {
		if height >= least {
			above++
		}
	}
	table := b.table(width, max(height-above-2, 1))
	head := []line{b.progress.headLine(), b.chosenLine()}[:min(above, 2)]
	if above == 3 {
		head = slices.Insert(head, 1, b.progress.barLine(width, b.look))
	}
	lines := make([]string, 0, height)
	for _, l := range head {
		lines = append(lines, l.render(width-1, b.look))
	}
	lines = append(lines, table...)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	return append(fitLines(lines, height-1), b.foot(width))
}

func fitLines(lines []string, height int) []string { return lines[:min(len(lines), max(height, 0))] }

// chosenLine says what is shown, and in which order.
func (b *board) chosenLine() line {
	var l line
	shown := plural(len(b.order), "trial")
	if len(b.order) < len(b.trials) {
		shown = fmt.Sprintf("%d of %s", len(b.order), plural(len(b.trials), "trial"))
	}
	if b.loading {
		shown = fmt.Sprintf("%d of %d trials are there %s", len(b.trials), b.experiment().Status.Trials(), b.look.ellipsis())
	}
	l.add(dim, shown)
	order := "ranking"
	if b.layout.sortBy >= 0 {
		order = b.columnAt(b.layout.sortBy)
		if b.layout.descending {
			order = "-" + order
		}
	}
	l.add(dim, "  sorted by "+order)
	if len(b.layout.states) > 0 {
		l.add(yellow, "  only "+statesText(b.layout.states))
	}
	if len(b.layout.where) > 0 {
		l.add(yellow, "  where "+strings.Join(b.layout.where, " and "))
	}
	if b.layout.beyond > 0 {
		l.add(dim, "  Right: "+plural(b.layout.beyond, "more column"))
	}
	return l
}

// foot is the last line: a prompt, something to tell, or the keys.
func (b *board) foot(width int) string {
	var l line
	switch {
	case b.prompt != nil && b.prompt.err != "":
		l.add(red, b.prompt.err)
	case b.prompt != nil:
		l.add(bold, "where: ")
		l.add(plain, string(b.prompt.text))
		l.add(reverse, " ")
		l.add(dim, "  such as lr<0.01 and optimizer=adam")
	case b.away:
		l.add(yellow, "connection lost, trying again "+b.look.ellipsis())
	case b.message != "":
		l.add(yellow, b.message)
	case b.open != nil:
		l.add(dim, "Esc back  Left/Right other trial  m metric  s stream  Up/Down log  ? help")
	default:
		l.add(dim, "Enter open  < > sort  r reverse  f state  / where  x all  ? help  q quit")
	}
	return l.render(width-1, b.look)
}

func (b *board) helpLines(width int) []string {
	keys := [][2]string{
		{"Up Down k j", "move; PgUp, PgDn, Space by pages, Home g, End G to the ends"},
		{"Left Right h l", "other columns, where the terminal is narrow"},
		{"Enter", "open the trial: parameters, curve, log"},
		{"< >", "sort by the column beside; before the first is the ranking"},
		{"r", "sort the other way round"},
		{"f", "only trials of one state, then of the next, then all"},
		{"/", "only trials for which something holds, such as lr<0.01"},
		{"x", "all trials again, in the order of the ranking"},
		{"q Ctrl-C", "leave; the table stays on the terminal"},
		{"", ""},
		{"Esc", "in a trial: back to the table"},
		{"Left Right", "in a trial: the one above or below in the table"},
		{"m s", "in a trial: the next metric; stdout, stderr or both"},
		{"Up Down PgUp PgDn", "in a trial: through the log; End follows it"},
	}
	lines := make([]string, 0, len(keys)+3)
	for _, k := range keys {
		var l line
		l.add(bold, fmt.Sprintf("%-18s", k[0]))
		l.add(plain, "  "+k[1])
		lines = append(lines, l.render(width-1, b.look))
	}
	var l line
	mark, cursor := b.marks()
	l.add(dim, fmt.Sprintf("%s the best so far, %s where you are. Any key goes back.", mark, cursor))
	return append(lines, "", l.render(width-1, b.look))
}

func (b *board) marks() (best, cursor string) {
	if b.look.unicode {
		return "★", "▸"
	}
	return "*", ">"
}

// table draws the header and so many rows around the cursor, the last of them trials that run, where these would not be
// seen otherwise: they are what moves.
func (b *board) table(width, rows int) []string {
	row := b.row()
	live := b.unseen(rows)
	rows -= len(live)
	b.page = rows
	b.first = min(max(b.first, row-rows+1), row)
	b.first = max(0, min(b.first, len(b.order)-rows))
	shown := slices.Clone(b.order[b.first:min(b.first+rows, len(b.order))])
	for _, t := range live {
		if !slices.Contains(shown, t) {
			shown = append(shown, t)
		}
	}
	columns := b.shownColumns()
	cells := make([][]cell, len(shown))
	for i, t := range shown {
		cells[i] = make([]cell, len(columns))
		for at, c := range columns {
			cells[i][at] = b.layout.fields[c].cell(t.shownTrial)
		}
	}
	widths := b.widths(columns, cells)
	b.layout.beyond = beyond(widths, width-1)
	lines := []string{b.headerLine(columns, widths).render(width-1, b.look)}
	if len(b.order) == 0 && !b.loading {
		empty := "no trials yet"
		if len(b.trials) > 0 {
			empty = "no trials here; x shows all"
		}
		return append(lines, line{{"  " + empty, dim}}.render(width-1, b.look))
	}
	for i, t := range shown {
		here := i < rows && b.first+i == row && !b.leaving
		lines = append(lines, b.rowLine(t, here, columns, widths, cells[i]).render(width-1, b.look))
	}
	return lines
}

// unseen are running trials for which some rows at the end are kept, where a ranking is too long for the terminal.
func (b *board) unseen(rows int) []*boardTrial {
	if b.layout.sortBy >= 0 || len(b.layout.states) > 0 || len(b.order) <= rows || rows < 6 {
		return nil
	}
	var live []*boardTrial
	for _, t := range b.order {
		if t.State == hone.TrialRunning && len(live) < rows/3 {
			live = append(live, t)
		}
	}
	return live
}

// shownColumns are the columns from the one on to which the user has moved.
func (b *board) shownColumns() []int {
	v := b.layout.visible
	if len(v) <= fixedColumns {
		return v
	}
	moved := min(b.sideways, len(v)-fixedColumns-1)
	return slices.Concat(v[:fixedColumns], v[fixedColumns+moved:])
}

// widths are those of the columns. They only grow, so that the table does not shake.
func (b *board) widths(columns []int, cells [][]cell) []int {
	out := make([]int, len(columns))
	for at, c := range columns {
		w := max(b.layout.widths[c], text.StringWidthWithoutEscSequences(clean(b.layout.columns[c].heading()))+1)
		for i := range cells {
			w = max(w, text.StringWidthWithoutEscSequences(shownText(cells[i][at])))
		}
		w = min(w, widestBox)
		b.layout.widths[c] = w
		out[at] = w
	}
	return out
}

// beyond counts the columns that end behind the right edge.
func beyond(widths []int, width int) (n int) {
	at := 2
	for _, w := range widths {
		if at += w; at > width {
			n++
		}
		at += 2
	}
	return n
}

func shownText(c cell) string {
	if s := c.shown(); s != "" {
		return clean(s)
	}
	return "-"
}

func (b *board) headerLine(columns, widths []int) line {
	l := line{{"  ", plain}}
	up, down := "▲", "▼"
	if !b.look.unicode {
		up, down = "^", "v"
	}
	for at, c := range columns {
		title := clean(b.layout.columns[c].heading())
		s := bold
		if c == b.layout.sortBy {
			s = style("1;36")
			if b.layout.descending {
				title += down
			} else {
				title += up
			}
		}
		l.add(s, pad(cut(title, widths[at], b.look), widths[at], b.layout.columns[c].right))
		l.add(plain, "  ")
	}
	return l
}

// rowLine draws a trial: with marks for the best one and for the cursor, and brightly when it has just changed.
func (b *board) rowLine(t *boardTrial, here bool, columns, widths []int, cells []cell) line {
	mark, cursor := b.marks()
	var l line
	switch {
	case here:
		l.add(bold, cursor)
	default:
		l.add(plain, " ")
	}
	if t.Number == b.best {
		l.add(boldGreen, mark)
	} else {
		l.add(plain, " ")
	}
	fresh := !t.changed.IsZero() && b.now.Sub(t.changed) < freshFor
	for at, c := range columns {
		s := cells[at].style
		switch {
		case here:
			s = reverse
		case s == plain && t.Number == b.best:
			s = green
		case s == plain && fresh:
			s = bold
		}
		l.add(s, pad(cut(shownText(cells[at]), widths[at], b.look), widths[at], b.layout.columns[c].right))
		if here {
			l.add(reverse, "  ")
		} else {
			l.add(plain, "  ")
		}
	}
	return l
}

// pad fills a text up to a width.
func pad(s string, width int, right bool) string {
	missing := strings.Repeat(" ", max(0, width-text.StringWidthWithoutEscSequences(s)))
	if right {
		return missing + s
	}
	return s + missing
}

// last is the table as it is left on the terminal: what was on the screen, without the cursor and the keys.
func (b *board) last(width, height int) []string {
	if b.progress == nil {
		return nil
	}
	b.open, b.help, b.prompt, b.message, b.leaving = nil, false, nil, "", true
	lines := b.view(width, height-2) // one for what is left out, one for the prompt of the shell
	lines = lines[:max(0, len(lines)-1)]
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	if left := len(b.order) - min(len(b.order), b.first+b.page); left > 0 {
		lines = append(lines, line{{fmt.Sprintf("%s and %s more", b.look.ellipsis(), plural(left, "trial")), dim}}.render(width-1, b.look))
	}
	return lines
}

// stateOf is the state of a trial by number.
func (b *board) stateOf(number int) hone.TrialState {
	if t, ok := b.trials[number]; ok {
		return t.State
	}
	return ""
}
