package main

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// look says what an output can show.
type look struct{ colour, unicode bool }

// style is the number of a terminal's attribute; 0 for none.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// ellipsis is the mark of something that goes on.
func (l look) ellipsis() string {
	if l.unicode {
		return "…"
	}
	return "~"
}

// paint puts a style around a text.
func (l look) paint(s style, t string) string {
	if !l.colour || s == plain || t == "" {
		return t
	}
	return "\x1b[" + string(s) + "m" + t + "\x1b[0m"
}

// span is a piece of text in one style.
type span struct {
	text  string
	style style
}

// line is a line of the live view.
type line []span

func (l *line) add(s style, t string) { *l = append(*l, span{text: t, style: s}) }

// render cuts the line to a width in columns and paints it.
func (l line) render(width int, k look) string {
	var b strings.Builder
	for _, s := range l {
		t := clean(s.text)
		w := text.StringWidthWithoutEscSequences(t)
		if w > width {
			b.WriteString(k.paint(s.style, cut(t, width, k)))
			break
		}
		b.WriteString(k.paint(s.style, t))
		width -= w
	}
	return b.String()
}

// cut shortens a text to a width in columns, with a mark that something is missing.
func cut(t string, width int, k look) string {
	if text.StringWidthWithoutEscSequences(t) <= width {
		return t
	}
	mark := k.ellipsis()
	if width < 1 {
		return ""
	}
	width -= text.StringWidthWithoutEscSequences(mark)
	var b strings.Builder
	for _, r := range t {
		if width -= text.RuneWidth(r); width < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + mark
}
