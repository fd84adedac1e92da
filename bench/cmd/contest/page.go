package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
)

// largest is how many bytes a plot may have: a page should open quickly.
const largest = 60 << 10

// headings of the modes on the page.
func headings() map[contest.Mode]string {
	return map[contest.Mode]string{
		contest.Sequential: "One trial after another",
		contest.Batch8:     "Rounds of eight trials",
		contest.Async10:    "Ten workers",
	}
}

// writePage writes the tables into a page, and the plots beside it.
func (f tableFlags) writePage(records []contest.Record) error {
	page, err := os.ReadFile(f.page)
	if err != nil {
		return err
	}
	reports, err := f.reports(records)
	if err != nil {
		return err
	}
	images, err := filepath.Rel(filepath.Dir(f.page), f.images)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "%s cannot be reached from %s: %w", f.images, f.page, err)
	}
	if err := os.MkdirAll(f.images, 0o755); err != nil {
		return err
	}
	var b strings.Builder
	for _, m := range reports {
		fmt.Fprintf(&b, "### %s\n\n%s.\n\n", headings()[m.mode], sentence(aside(m.Records)))
		for _, p := range m.Plots(string(m.mode)) {
			if len(p.SVG) > largest {
				return hone.Errorf(hone.Internal, "the plot %s has %d bytes", p.Name, len(p.SVG))
			}
			file := p.Name + ".svg"
			if err := os.WriteFile(filepath.Join(f.images, file), []byte(p.SVG), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(&b, "![%s](%s)\n\n", p.Title, filepath.ToSlash(filepath.Join(images, file)))
		}
		for _, t := range m.Tables() {
			b.WriteString(t.Markdown() + "\n")
		}
	}
	out, err := contest.Splice(string(page), b.String())
	if err != nil {
		return fmt.Errorf("%s: %w", f.page, err)
	}
	return os.WriteFile(f.page, []byte(out), 0o644)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
