package contest

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// WriteText writes tables for a terminal.
func WriteText(w io.Writer, tables []Table) error {
	for _, t := range tables {
		out := table.NewWriter()
		out.SetStyle(textStyle())
		out.SuppressTrailingSpaces()
		var configs []table.ColumnConfig
		for i := range t.Header {
			if i > 0 {
				configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
			}
		}
		out.SetColumnConfigs(configs)
		out.AppendHeader(rowOf(t.Header))
		for _, r := range t.Rows {
			out.AppendRow(rowOf(r))
		}
		parts := append([]string{"== " + t.Title, out.Render()}, t.Notes...)
		if _, err := fmt.Fprintf(w, "%s\n\n", strings.Join(parts, "\n")); err != nil {
			return err
		}
	}
	return nil
}

func rowOf(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = c
	}
	return row
}

// textStyle has no lines, and two spaces between columns.
func textStyle() table.Style {
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	return style
}
