package contest

import (
	"fmt"
	"slices"
	"strings"
)

// section is a sub-table: some contestants on what all of them have played.
type section struct {
	kind  string // a word for names of files
	title string
	board Board
	notes []string
}

// Shares of the problems that contestants must have played to be compared with the others. Without them, one that
// has failed everywhere would leave nothing to compare the others on.
const (
	enough = 0.5 // of the small problems, to be among all contestants
	nearly = 0.9 // of all problems, to be among the fast ones
)

// sections are the sub-tables: everybody on the problems that all have played, and the fast ones on all that they have.
func (r Report) sections() []section {
	names := r.Contestants()
	small, any := r.played(func(rec Record) bool { return rec.Small }), r.played(func(Record) bool { return true })
	all := section{kind: "all", title: "All contestants"}
	var fast, few []string
	for _, name := range names {
		if float64(small[name]) >= enough*float64(most(small)) {
			all.board.Names = append(all.board.Names, name)
		} else {
			few = append(few, name)
		}
		slow := slices.ContainsFunc(r.Records, func(rec Record) bool { return rec.Contestant == name && rec.Slow })
		if !slow && float64(any[name]) >= nearly*float64(most(any)) {
			fast = append(fast, name)
		}
	}
	all.board = NewBoard(r.Records, all.board.Names)
	if len(few) > 0 {
		all.notes = append(all.notes, fmt.Sprintf("Not compared, for having played too few: %s.", strings.Join(few, ", ")))
	}
	all.notes = append(all.notes, r.missing(all.board)...)
	out := []section{all}
	if len(fast) > 1 {
		board := NewBoard(r.Records, fast)
		if len(board.Tasks) > len(all.board.Tasks) {
			out = append(out, section{kind: "fast", title: "Fast contestants, on all that they have played", board: board, notes: r.missing(board)})
		}
	}
	return out
}

// played counts the tasks of each contestant, among some of the records.
func (r Report) played(among func(Record) bool) map[string]int {
	seen := map[Key]bool{}
	count := map[string]int{}
	for _, rec := range r.Records {
		k := rec.Key()
		k.Seed = 0
		if rec.Good() && among(rec) && !seen[k] {
			seen[k] = true
			count[rec.Contestant]++
		}
	}
	return count
}

func most(count map[string]int) int {
	n := 0
	for _, c := range count {
		n = max(n, c)
	}
	return n
}

// missing says which groups a board lacks because of whom.
func (r Report) missing(b Board) (notes []string) {
	var groups []string
	for _, rec := range r.Records {
		if !slices.Contains(groups, rec.Group) && !slices.Contains(b.Groups(), rec.Group) {
			groups = append(groups, rec.Group)
		}
	}
	slices.Sort(groups)
	for _, group := range groups {
		in := r.played(func(rec Record) bool { return rec.Group == group })
		var who []string
		for _, name := range b.Names {
			if in[name] == 0 {
				who = append(who, name)
			}
		}
		if len(who) > 0 {
			notes = append(notes, fmt.Sprintf("Without %s, which %s did not play.", group, strings.Join(who, ", ")))
		}
	}
	return notes
}
