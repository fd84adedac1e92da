package main

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// textTable draws a listing as aligned columns without lines. On a terminal it is cut to the width,
// unless it is wide.
func (a *app) textTable(l listing, wide bool) string {
	w := table.NewWriter()
	w.SetStyle(plainStyle())
	w.SuppressTrailingSpaces()
	configs := make([]table.ColumnConfig, len(l.columns))
	header := make(table.Row, len(l.columns))
	for i, c := range l.columns {
		align := text.AlignLeft
		if c.right {
			align = text.AlignRight
		}
		configs[i] = table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align}
		header[i] = clean(c.heading())
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(header)
	for _, r := range l.rows {
		cells := make(table.Row, len(r.cells))
		for i, c := range r.cells {
			s := c.full
			if !wide || s == "" {
				s = c.shown()
			}
			if s == "" {
				s = "-"
			}
			cells[i] = a.look.paint(c.style, clean(s))
		}
		w.AppendRow(cells)
	}
	return a.cutLines(w.Render(), wide) + "\n"
}

// cutLines cuts the lines of a text to the width of the terminal.
func (a *app) cutLines(s string, wide bool) string {
	width := a.width()
	if width <= 0 || wide {
		return s
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if text.StringWidthWithoutEscSequences(l) > width {
			lines[i] = text.Snip(l, width, a.look.ellipsis())
		}
	}
	return strings.Join(lines, "\n")
}

// plainStyle has no lines, two spaces between columns, and leaves titles as they are.
func plainStyle() table.Style {
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Format.Header = text.FormatDefault
	s.Box.PaddingLeft = ""
	s.Box.PaddingRight = "  "
	return s
}

// markdownTable draws a listing as a table of Markdown.
func markdownTable(l listing) string {
	w := table.NewWriter()
	header := make(table.Row, len(l.columns))
	configs := make([]table.ColumnConfig, len(l.columns))
	for i, c := range l.columns {
		header[i] = clean(c.name)
		if c.right {
			configs[i] = table.ColumnConfig{Number: i + 1, Align: text.AlignRight}
		}
	}
	w.SetColumnConfigs(configs)
	w.AppendHeader(header)
	for _, r := range l.rows {
		cells := make(table.Row, len(r.cells))
		for i, c := range r.cells {
			cells[i] = clean(c.full)
		}
		w.AppendRow(cells)
	}
	return w.RenderMarkdown() + "\n"
}
