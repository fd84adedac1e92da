package main

import (
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/cmd/hone/tui"
)

// prompt is a line that the user types.
type prompt struct {
	text []rune
	err  string
}

// key does what a key asks for.
func (b *board) key(k tui.Key) {
	b.message = ""
	switch {
	case k == tui.CtrlC:
		b.quit, b.ended = true, true
	case b.prompt != nil:
		b.promptKey(k)
	case b.help:
		b.help = false
		b.quit = k == "q"
	case k == "q":
		b.quit = true
	case k == "?":
		b.help = true
	case b.open != nil:
		b.openKey(k)
	default:
		b.tableKey(k)
	}
}

func (b *board) promptKey(k tui.Key) {
	p := b.prompt
	p.err = ""
	switch k {
	case tui.Escape:
		b.prompt = nil
	case tui.Enter:
		if err := b.choose(string(p.text)); err != nil {
			p.err = err.Error()
			return
		}
		b.prompt = nil
	case tui.Backspace:
		p.text = p.text[:max(0, len(p.text)-1)]
	case tui.CtrlU:
		p.text = nil
	default:
		if r, ok := k.Rune(); ok {
			p.text = append(p.text, r)
		}
	}
}

func (b *board) tableKey(k tui.Key) {
	b.tidy()
	switch k {
	case tui.Up, "k":
		b.move(-1)
	case tui.Down, "j":
		b.move(1)
	case tui.PageUp:
		b.move(-max(1, b.page))
	case tui.PageDown, " ":
		b.move(max(1, b.page))
	case tui.Home, "g":
		b.cursor = 0
	case tui.End, "G":
		b.move(len(b.order))
	case tui.Left, "h":
		b.sideways = max(0, b.sideways-1)
	case tui.Right, "l":
		b.sideways = min(b.sideways+1, max(0, len(b.layout.visible)-fixedColumns-1))
	case tui.Enter:
		if row := b.row(); row < len(b.order) {
			b.openTrial(b.order[row].Number)
		}
	default:
		b.arrangeKey(k)
	}
}

// move moves the cursor by rows.
func (b *board) move(rows int) {
	if len(b.order) == 0 {
		return
	}
	to := min(max(0, b.row()+rows), len(b.order)-1)
	b.cursor = b.order[to].Number
	if to == 0 {
		b.cursor = 0 // it stays on top, whichever trial that is
	}
}

// arrangeKey changes what is shown, and in which order.
func (b *board) arrangeKey(k tui.Key) {
	l := &b.layout
	switch k {
	case "<", ",":
		b.sortBeside(-1)
	case ">", ".":
		b.sortBeside(1)
	case "r":
		if l.sortBy >= 0 {
			l.descending = !l.descending
		}
	case "f":
		l.states = b.nextState()
	case "/":
		b.prompt = &prompt{text: []rune(strings.Join(l.where, " and "))}
		return
	case "x":
		l.sortBy, l.descending, l.states = -1, false, nil
		_ = b.choose("")
	case tui.CtrlL:
		b.layout.widths = map[int]int{}
		return
	default:
		return
	}
	b.unsaved = true
}

// sortBeside sorts by the column beside the one that is sorted by; before the first there is the ranking.
func (b *board) sortBeside(step int) {
	l := &b.layout
	at := slices.Index(l.visible, l.sortBy) + step
	l.descending = false
	if at < -1 {
		at = len(l.visible) - 1
	}
	if at < 0 || at >= len(l.visible) {
		l.sortBy = -1
		return
	}
	l.sortBy = l.visible[at]
}

// nextState goes through the states in which there are trials; after the last come all.
func (b *board) nextState() []hone.TrialState {
	count := map[hone.TrialState]int{}
	for _, t := range b.trials {
		count[t.State]++
	}
	all := hone.TrialStates()
	from := 0
	if len(b.layout.states) > 0 {
		from = slices.Index(all, b.layout.states[len(b.layout.states)-1]) + 1
	}
	for _, s := range all[from:] {
		if count[s] > 0 {
			return []hone.TrialState{s}
		}
	}
	return nil
}
