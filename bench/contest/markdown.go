package contest

import (
	"strings"

	"github.com/hone-tuner/hone"
)

// What is between the markers of a page is written by the contest.
const (
	MarkBegin = "<!-- contest:begin -->"
	MarkEnd   = "<!-- contest:end -->"
)

// Splice puts content between the markers of a page.
func Splice(page, content string) (string, error) {
	before, rest, begins := strings.Cut(page, MarkBegin)
	_, after, ends := strings.Cut(rest, MarkEnd)
	if !begins || !ends {
		return "", hone.Errorf(hone.InvalidArgument, "the page needs the lines %s and %s, between which the results go", MarkBegin, MarkEnd)
	}
	return before + MarkBegin + "\n\n" + strings.TrimSpace(content) + "\n\n" + MarkEnd + after, nil
}

// Markdown writes a table; the cells that win are bold.
func (t Table) Markdown() string {
	var b strings.Builder
	b.WriteString("**" + t.Title + "**\n\n")
	row := func(cells []string) {
		b.WriteString("|")
		for _, c := range cells {
			b.WriteString(" " + strings.ReplaceAll(c, "|", "\\|") + " |")
		}
		b.WriteString("\n")
	}
	row(t.Header)
	b.WriteString("|---|" + strings.Repeat("---:|", len(t.Header)-1) + "\n")
	for i, r := range t.Rows {
		cells := make([]string, len(r))
		for j, c := range r {
			if cells[j] = c; t.Best[[2]int{i, j}] {
				cells[j] = "**" + c + "**"
			}
		}
		row(cells)
	}
	if len(t.Notes) > 0 {
		b.WriteString("\n" + strings.Join(t.Notes, " ") + "\n")
	}
	return b.String()
}
