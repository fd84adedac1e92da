package contest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Report turns records into tables.
type Report struct {
	// Records are those that are reported on.
	Records []Record
	// At are the numbers of trials that are looked at, in their order; 0 means the whole budget, and comes last.
	At []int
	// Base is the contestant that the others are compared with.
	Base string
}

// Table is a table of a report: cells are as they are shown.
type Table struct {
	Title  string
	Notes  []string // sentences below it
	Header []string
	Rows   [][]string
	// Best are the cells (row, column) that win.
	Best map[[2]int]bool
}

// Contestants lists who has good records, Hone's own first.
func (r Report) Contestants() []string {
	var names []string
	own := map[string]int{}
	for _, rec := range r.Records {
		if !rec.Good() {
			continue
		}
		if !slices.Contains(names, rec.Contestant) {
			names = append(names, rec.Contestant)
		}
		if !rec.Own {
			own[rec.Contestant] = 1
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(own[a]-own[b], strings.Compare(a, b)) })
	return names
}

// Tables are all tables of the report, in the order of reading.
func (r Report) Tables() []Table {
	var tables []Table
	for _, s := range r.sections() {
		if len(s.board.Tasks) > 0 {
			tables = append(tables, r.ranks(s))
			for _, n := range r.At {
				tables = append(tables, r.regrets(s, n))
			}
		}
	}
	return append(tables, r.duels(), r.latencies(), r.contestants())
}

// last is the greatest number of trials that is looked at.
func (r Report) last() int { return r.At[len(r.At)-1] }

// trials names a number of trials.
func trials(n int) string {
	if n == 0 {
		return "all trials"
	}
	return fmt.Sprintf("%d trials", n)
}

func (r Report) ranks(s section) Table {
	n := r.last()
	long := s.board.Long(n)
	fewest, most := long.Seeds()
	t := Table{Title: fmt.Sprintf("%s: average rank after %s", s.title, trials(n)), Header: []string{"", "rank", "95 % interval", "efficiency over " + r.Base}}
	for _, rank := range long.Ranks(n) {
		efficiency := "–"
		if slices.Contains(long.Names, r.Base) {
			efficiency = fmt.Sprintf("%+.2f", long.Efficiency(r.Base, rank.Name))
		}
		t.Rows = append(t.Rows, []string{rank.Name, fmt.Sprintf("%.2f", rank.Mean), fmt.Sprintf("%.2f – %.2f", rank.Low, rank.High), efficiency})
	}
	seeds := fmt.Sprint(fewest)
	if most > fewest {
		seeds = fmt.Sprintf("%d to %d", fewest, most)
	}
	t.Notes = append([]string{fmt.Sprintf("Problems: %d. Seeds for each: %s.", len(long.Tasks), seeds)}, s.notes...)
	return t
}

// regrets has a row for each contestant and a column for each group.
func (r Report) regrets(s section, n int) Table {
	long := s.board.Long(n)
	t := Table{Title: fmt.Sprintf("%s: mean normalized regret after %s", s.title, trials(n)), Header: []string{""}, Best: map[[2]int]bool{}}
	columns := []Board{long}
	t.Header = append(t.Header, fmt.Sprintf("all (%d)", len(long.Tasks)))
	for _, group := range long.Groups() {
		in := long.In(group)
		columns = append(columns, in)
		t.Header = append(t.Header, fmt.Sprintf("%s (%d)", group, len(in.Tasks)))
	}
	best := make([]float64, len(columns))
	for j, b := range columns {
		best[j] = math.Inf(1)
		for _, name := range long.Names {
			best[j] = min(best[j], b.Regret(name, n))
		}
	}
	for i, name := range long.Names {
		cells := []string{name}
		for j, b := range columns {
			regret := b.Regret(name, n)
			cells = append(cells, figure(regret))
			t.Best[[2]int{i, j + 1}] = regret <= max(best[j], solved)
		}
		t.Rows = append(t.Rows, cells)
	}
	t.Notes = []string{"In brackets, the number of problems. 0 is the optimum, 1 the median of random points."}
	return t
}

// figure writes a regret so that small ones can be told apart.
func figure(x float64) string {
	switch {
	case math.IsNaN(x):
		return "–"
	case x == 0 || x >= 0.001:
		return fmt.Sprintf("%.3f", x)
	}
	return fmt.Sprintf("%.0e", x)
}

// join names several numbers of trials: 25 / 50 / 100 trials.
func join(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers[:len(numbers)-1] {
		words[i] = fmt.Sprint(n)
	}
	words[len(words)-1] = trials(numbers[len(numbers)-1])
	return strings.Join(words, " / ")
}

func (r Report) duels() Table {
	n := r.last()
	t := Table{Title: fmt.Sprintf("%s against each other after %s", r.Base, trials(n)), Header: []string{"against", "problems", "won", "p (sign test)", "p (Wilcoxon)"}}
	var ahead []string
	for _, name := range r.Contestants() {
		if name == r.Base {
			continue
		}
		d := NewDuel(r.Records, r.Base, name, n)
		if d.Tasks == 0 {
			continue
		}
		if d.Won < 0.5 {
			ahead = append(ahead, name)
		}
		t.Rows = append(t.Rows, []string{name, fmt.Sprint(d.Tasks), fmt.Sprintf("%.0f %%", 100*d.Won), fmt.Sprintf("%.2g", d.Sign), fmt.Sprintf("%.2g", d.Wilcoxon)})
	}
	t.Notes = []string{"On all problems and seeds that both have played."}
	if len(ahead) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("Better than %s on most of them: %s.", r.Base, strings.Join(ahead, ", ")))
	}
	return t
}

func (r Report) latencies() Table {
	t := Table{Title: "Time for a suggestion after " + join(r.At), Header: []string{"", "median", "p99", "Cholesky factorizations"}}
	for _, name := range r.Contestants() {
		var medians, p99s []string
		ratio := "–"
		for _, n := range r.At {
			l := NewLatency(r.Records, name, n)
			medians, p99s = append(medians, duration(l.Median)), append(p99s, duration(l.P99))
			if n == r.last() && l.Cholesky > 0 {
				ratio = fmt.Sprintf("%.3g", l.Cholesky)
			}
		}
		t.Rows = append(t.Rows, []string{name, strings.Join(medians, " / "), strings.Join(p99s, " / "), ratio})
	}
	t.Notes = []string{
		fmt.Sprintf("The last %d suggestions of each run up to that number; taking note of the result is included.", window),
		fmt.Sprintf("The last column is the median as a multiple of a Cholesky factorization with a row for each trial, after %s, timed in the same runs.", trials(r.last())),
	}
	return t
}

// duration writes seconds with three digits and a unit.
func duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds):
		return "–"
	case seconds < 0.001:
		return fmt.Sprintf("%.3g µs", seconds*1e6)
	case seconds < 1:
		return fmt.Sprintf("%.3g ms", seconds*1e3)
	}
	return fmt.Sprintf("%.3g s", seconds)
}

// contestants says which versions took part when, and what did not go well.
func (r Report) contestants() Table {
	t := Table{Title: "Contestants", Header: []string{"", "version", "played", "runs", "did not count", "points twice", "failed trials", "outside the space"}}
	for _, name := range r.anybody() {
		var runs, bad, twice, failed, outside, trials int
		var versions, dates []string
		for _, rec := range r.Records {
			if rec.Contestant != name {
				continue
			}
			if !slices.Contains(versions, rec.Version) && rec.Version != "" {
				versions = append(versions, rec.Version)
			}
			dates = append(dates, rec.Date.Format("2006-01-02"))
			if !rec.Good() {
				bad++
				continue
			}
			runs++
			trials += len(rec.Regret)
			twice, failed, outside = twice+rec.Duplicates, failed+rec.Failures, outside+rec.Outside
		}
		slices.Sort(dates)
		played := dates[0]
		if end := dates[len(dates)-1]; end != played {
			played += " to " + end
		}
		t.Rows = append(t.Rows, []string{name, strings.Join(versions, ", "), played, fmt.Sprint(runs), fmt.Sprint(bad), share(twice, trials), share(failed, trials), share(outside, trials)})
	}
	return t
}

// anybody lists the contestants with any record, those without a good one last.
func (r Report) anybody() []string {
	names := r.Contestants()
	for _, rec := range r.Records {
		if !slices.Contains(names, rec.Contestant) {
			names = append(names, rec.Contestant)
		}
	}
	return names
}

func share(part, all int) string {
	if part == 0 || all == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2g %%", 100*float64(part)/float64(all))
}

// Checkpoints are the numbers of trials that records are looked at when nobody says otherwise: 25, 50 and 100 (in
// rounds, what fills rounds), as far as all have as many, and the whole budget.
func Checkpoints(records []Record) []int {
	least, most, round := math.MaxInt, 0, 1
	for _, r := range records {
		least, most = min(least, r.Trials), max(most, r.Trials)
		if r.Mode == Batch8 {
			round = r.Mode.Parallel()
		}
	}
	var at []int
	for _, n := range []int{25, 50, 100} {
		if n -= n % round; n < least || n == most {
			at = append(at, n)
		}
	}
	switch {
	case most > least:
		at = append(at, 0)
	case !slices.Contains(at, least):
		at = append(at, least)
	}
	return at
}
