package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// arrange is what --columns, --sort and --where say of a listing.
type arrange struct {
	columns []string
	sort    string
	where   []string
}

func (r *arrange) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&r.columns, "columns", nil, "show these columns, in this order; or change the usual ones: +NAME also shows one, -NAME leaves one out")
	f.StringVar(&r.sort, "sort", "", "sort by a column; with '-' in front, the highest first")
	f.StringArrayVar(&r.where, "where", nil, "only lines for which this holds, such as 'lr<0.01' or 'optimizer=adam'; several must all hold")
}

// columnsHelp is the part of a command's help about its columns.
func columnsHelp(names ...string) string {
	return "\n\nColumns, for --columns, --sort and --where: " + strings.Join(names, ", ") + ".\n" +
		"--where compares with =, !=, <, <=, > and >=: numbers as numbers, durations and times too."
}

// trialColumnsHelp is columnsHelp for listings of trials.
func trialColumnsHelp(names []string) string {
	var plain []string
	for _, n := range names {
		if n != allMetrics && n != allParameters && n != "curve" {
			plain = append(plain, n)
		}
	}
	return columnsHelp(plain...) + "\n" +
		"Parameters and metrics are columns too, by their names; parameters.NAME and metrics.NAME say which is meant."
}

// arrangement is an arrange for the columns of one listing.
type arrangement struct {
	indices    []int // of the columns to show, in their order; nil for the usual ones
	shown      []int // also shown, though they are wide
	hidden     []int
	sortBy     int // -1 for the order as it is
	descending bool
	conditions []condition
}

// resolve finds the columns that are meant.
func (r arrange) resolve(columns []column) (a arrangement, err error) {
	a.sortBy = -1
	if r.sort != "" {
		name, descending := strings.CutPrefix(r.sort, "-")
		a.descending = descending
		if a.sortBy, err = findColumn(columns, name); err != nil {
			return a, err
		}
	}
	for _, text := range r.where {
		c, err := parseCondition(text)
		if err != nil {
			return a, err
		}
		if c.at, err = findColumn(columns, c.column); err != nil {
			return a, err
		}
		a.conditions = append(a.conditions, c)
	}
	return a, r.pick(columns, &a)
}

// pick finds the columns to show. Either all of the names have a sign or none.
func (r arrange) pick(columns []column, a *arrangement) error {
	signed := 0
	for _, name := range r.columns {
		name = strings.TrimSpace(name)
		sign := ""
		if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
			sign, name = name[:1], name[1:]
			signed++
		}
		at, err := findColumn(columns, name)
		if err != nil {
			return err
		}
		switch sign {
		case "+":
			a.shown = append(a.shown, at)
		case "-":
			a.hidden = append(a.hidden, at)
		default:
			a.indices = append(a.indices, at)
		}
	}
	if signed > 0 && signed < len(r.columns) {
		return usagef("--columns either names the columns to show, or changes the usual ones: then each name has a + or a - in front")
	}
	return nil
}

// visible are the indices of the columns to show where only some are usual.
func (a arrangement) visible(columns []column, usual func(column) bool) []int {
	if a.indices != nil {
		return a.indices
	}
	var out []int
	for i, c := range columns {
		if !slices.Contains(a.hidden, i) && (usual(c) || slices.Contains(a.shown, i)) {
			out = append(out, i)
		}
	}
	return out
}

// compare orders two cells of the column that is sorted by. What is empty comes last, whatever the direction.
func (a arrangement) compare(x, y cell) int {
	if a.descending && x.full != "" && y.full != "" {
		return compareCells(y, x)
	}
	return compareCells(x, y)
}

// apply sorts and filters the listing and picks its columns.
func (r arrange) apply(l listing) (listing, error) {
	a, err := r.resolve(l.columns)
	if err != nil {
		return l, err
	}
	if len(a.conditions) > 0 {
		l.rows = slices.DeleteFunc(slices.Clone(l.rows), func(r row) bool {
			return !allHold(a.conditions, func(at int) cell { return r.cells[at] })
		})
		l.empty = "nothing for which " + strings.Join(r.where, " and ") + " holds"
	}
	if a.sortBy >= 0 {
		slices.SortStableFunc(l.rows, func(x, y row) int { return a.compare(x.cells[a.sortBy], y.cells[a.sortBy]) })
	}
	switch {
	case a.indices != nil:
		l = l.at(a.indices)
		for i := range l.columns {
			l.columns[i].wide, l.columns[i].quiet = false, false // asked for by name
		}
	case len(a.shown)+len(a.hidden) > 0:
		l.columns = slices.Clone(l.columns)
		for _, at := range a.shown {
			l.columns[at].wide = false
		}
		l = l.at(a.visible(l.columns, func(column) bool { return true }))
	}
	return l, nil
}

// findColumn finds a column by its name: as it is, by another name of it, without what is in front of the colon,
// or in another case.
func findColumn(columns []column, name string) (int, error) {
	for _, matches := range []func(column) bool{
		func(c column) bool { return c.name == name },
		func(c column) bool { return slices.Contains(c.also, name) },
		func(c column) bool { return c.title == name },
		func(c column) bool { _, bare, ok := strings.Cut(c.name, ":"); return ok && bare == name },
		func(c column) bool { return strings.EqualFold(c.name, name) || strings.EqualFold(c.title, name) },
	} {
		if i := slices.IndexFunc(columns, matches); i >= 0 {
			return i, nil
		}
	}
	known := make([]string, len(columns))
	words := make([]string, 0, 2*len(columns))
	for i, c := range columns {
		known[i] = c.name
		words = append(append(words, c.name), c.also...)
		if _, bare, ok := strings.Cut(c.name, ":"); ok {
			words = append(words, bare)
		}
	}
	hint := ""
	if near := hone.Nearest(name, words); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return 0, usagef("there is no column %q%s (there are %s)", name, hint, fewNames(known))
}

// fewNames lists names, but not hundreds of them.
func fewNames(names []string) string {
	const most = 40
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
