package main

import (
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// arrange is what --columns and --sort say of a listing.
type arrange struct {
	columns []string
	sort    string
}

func (r *arrange) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&r.columns, "columns", nil, "show these columns, in this order: names of columns, parameters and metrics")
	cmd.Flags().StringVar(&r.sort, "sort", "", "sort by a column; with '-' in front, the highest first")
}

// apply sorts the listing and picks its columns.
func (r arrange) apply(l listing) (listing, error) {
	if r.sort != "" {
		name, descending := strings.CutPrefix(r.sort, "-")
		at, err := l.find(name)
		if err != nil {
			return l, err
		}
		slices.SortStableFunc(l.rows, func(a, b row) int {
			x, y := a.cells[at], b.cells[at]
			if descending && x.full != "" && y.full != "" {
				return compareCells(y, x)
			}
			return compareCells(x, y)
		})
	}
	if len(r.columns) == 0 {
		return l, nil
	}
	indices := make([]int, len(r.columns))
	for i, name := range r.columns {
		at, err := l.find(strings.TrimSpace(name))
		if err != nil {
			return l, err
		}
		indices[i] = at
	}
	out := l.at(indices)
	for i := range out.columns {
		out.columns[i].wide = false // asked for by name
	}
	return out, nil
}

// find finds a column by its name: as it is, with param: or metric: in front, or in another case.
func (l listing) find(name string) (int, error) {
	for _, matches := range []func(column) bool{
		func(c column) bool { return c.name == name },
		func(c column) bool { return c.also != "" && c.also == name },
		func(c column) bool { return c.title == name },
		func(c column) bool { _, bare, ok := strings.Cut(c.name, ":"); return ok && bare == name },
		func(c column) bool { return strings.EqualFold(c.name, name) || strings.EqualFold(c.title, name) },
	} {
		if i := slices.IndexFunc(l.columns, matches); i >= 0 {
			return i, nil
		}
	}
	known := make([]string, len(l.columns))
	for i, c := range l.columns {
		known[i] = c.name
	}
	hint := ""
	if near := hone.Nearest(name, known); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return 0, usagef("there is no column %q%s (there are %s)", name, hint, strings.Join(known, ", "))
}
