package contest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/bench/contest"
)

// results are made up: a contestant's regret falls as fast as its skill says.
func results(skills map[string]float64, slow string, groups, problems, seeds int) (records []contest.Record) {
	for name, skill := range skills {
		for g := range groups {
			for p := range problems {
				if name == slow && p > 0 {
					continue
				}
				for seed := range seeds {
					r := contest.Record{Contestant: name, Own: name == "auto", Slow: name == slow, Version: "1", Problem: fmt.Sprintf("g%d-p%d", g, p), Group: fmt.Sprint("g", g),
						Mode: contest.Sequential, Seed: uint64(seed), Trials: 100, Cholesky: 0.001}
					for t := range 100 {
						r.Regret = append(r.Regret, math.Exp(-skill*float64(t)/100-float64(p+seed)/10))
						r.Seconds = append(r.Seconds, 0.002)
					}
					records = append(records, r)
				}
			}
		}
	}
	return records
}

func report(slow string) contest.Report {
	r := results(map[string]float64{"auto": 3, "peer": 2, "snail": 4}, slow, 2, 3, 2)
	return contest.Report{Records: r, At: []int{50, 100}, Base: "auto"}
}

func table(t *testing.T, r contest.Report, title string) contest.Table {
	for _, x := range r.Tables() {
		if strings.HasPrefix(x.Title, title) {
			return x
		}
	}
	require.Fail(t, "there is no table "+title)
	return contest.Table{}
}

func TestSlowContestantsAreComparedOnWhatTheyPlayedAndTheOthersOnEverything(t *testing.T) {
	r := report("snail")
	all := table(t, r, "All contestants: average rank")
	require.Equal(t, []string{"snail", "1.00"}, all.Rows[0][:2])
	require.Equal(t, "Problems: 2. Seeds for each: 2.", all.Notes[0])
	fast := table(t, r, "Fast contestants, on all that they have played: average rank")
	require.Len(t, fast.Rows, 2)
	require.Equal(t, "Problems: 6. Seeds for each: 2.", fast.Notes[0])
	require.Equal(t, "auto", fast.Rows[0][0])
	require.Equal(t, "+0.00", fast.Rows[0][3])
	require.True(t, strings.HasPrefix(fast.Rows[1][3], "-"), "the peer needs more trials")
}

func TestWhoHasPlayedLittleDoesNotHideTheOthers(t *testing.T) {
	r := report("snail")
	for i := range r.Records {
		r.Records[i].Small = strings.HasSuffix(r.Records[i].Problem, "p0")
	}
	one := r.Records[slices.IndexFunc(r.Records, func(x contest.Record) bool { return x.Contestant == "snail" && x.Group == "g0" })]
	one.Contestant = "partial" // has played one of two small problems
	r.Records = append(r.Records, one)
	ranks := table(t, r, "All contestants: average rank")
	require.Len(t, ranks.Rows, 4)
	require.Equal(t, []string{"Problems: 1. Seeds for each: 1.", "Without g1, which partial did not play."}, ranks.Notes)
	for i := range r.Records {
		r.Records[i].Small = r.Records[i].Small || strings.HasSuffix(r.Records[i].Problem, "p1") && r.Records[i].Contestant != "snail"
	}
	ranks = table(t, r, "All contestants: average rank")
	require.Len(t, ranks.Rows, 3)
	require.Contains(t, ranks.Notes, "Not compared, for having played too few: partial.")
}

func TestTheTablesSayWhoWins(t *testing.T) {
	r := report("snail")
	regrets := table(t, r, "All contestants: mean normalized regret after 100 trials")
	require.Equal(t, []string{"", "all (2)", "g0 (1)", "g1 (1)"}, regrets.Header)
	require.Equal(t, "snail", regrets.Rows[2][0], "peers stand behind Hone's own")
	require.True(t, regrets.Best[[2]int{2, 1}])
	require.False(t, regrets.Best[[2]int{0, 1}])
	require.Contains(t, regrets.Markdown(), "| snail | **0.0")
	duels := table(t, r, "auto against each other")
	require.Equal(t, []string{"peer", "6", "100 %"}, duels.Rows[0][:3])
	require.Equal(t, []string{"snail", "2", "0 %"}, duels.Rows[1][:3])
	require.Contains(t, duels.Notes, "Better than auto on most of them: snail.")
	times := table(t, r, "Time for a suggestion")
	require.Equal(t, []string{"auto", "2 ms / 2 ms", "2 ms / 2 ms", "2"}, times.Rows[0])
}

func TestRunsThatDidNotCountAreCounted(t *testing.T) {
	r := report("snail")
	r.Records = append(r.Records, contest.Record{Contestant: "crasher", Problem: "g0-p0", Mode: contest.Sequential, Trials: 100, Error: "it has ended"})
	require.Equal(t, []string{"auto", "peer", "snail"}, r.Contestants())
	rows := table(t, r, "Contestants").Rows
	require.Equal(t, "crasher", rows[3][0])
	require.Equal(t, []string{"0", "1"}, rows[3][3:5])
}

func TestTablesForATerminalAreAligned(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, contest.WriteText(&out, []contest.Table{{Title: "T", Header: []string{"", "rank"}, Rows: [][]string{{"a", "1.5"}, {"longer", "12"}}, Notes: []string{"N."}}}))
	require.Equal(t, "== T\n        rank\na        1.5\nlonger    12\nN.\n\n", out.String())
}

func TestPlotsAreSmallAndWellFormed(t *testing.T) {
	skills := map[string]float64{"auto": 3, "snail": 9}
	for i := range 14 {
		skills[fmt.Sprint("peer<", i)] = float64(i) / 3
	}
	r := contest.Report{Records: results(skills, "snail", 10, 2, 2), At: []int{100}, Base: "auto"}
	plots := r.Plots("sequential")
	require.Len(t, plots, 4)
	for _, p := range plots {
		require.Less(t, len(p.SVG), 60<<10, p.Name)
		require.NotContains(t, p.SVG, "NaN")
		dec := xml.NewDecoder(strings.NewReader(p.SVG))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err)
			}
		}
		require.Contains(t, p.SVG, ">auto<")
	}
	require.Equal(t, "regret-all-sequential", plots[0].Name)
	require.Equal(t, "ranks-fast-sequential", plots[3].Name)
}

func TestOnlyWhatIsBetweenTheMarkersIsWritten(t *testing.T) {
	page := "a\n" + contest.MarkBegin + "\nold\n" + contest.MarkEnd + "\nb\n"
	got, err := contest.Splice(page, "new\n")
	require.NoError(t, err)
	require.Equal(t, "a\n"+contest.MarkBegin+"\n\nnew\n\n"+contest.MarkEnd+"\nb\n", got)
	again, err := contest.Splice(got, "new")
	require.NoError(t, err)
	require.Equal(t, got, again)
	_, err = contest.Splice("a\n"+contest.MarkEnd, "new")
	require.ErrorContains(t, err, "the page needs the lines")
}

func TestCheckpointsAreThoseThatAllRunsReach(t *testing.T) {
	require.Equal(t, []int{25, 50, 100}, contest.Checkpoints([]contest.Record{{Trials: 100}, {Trials: 100}}))
	require.Equal(t, []int{10}, contest.Checkpoints([]contest.Record{{Trials: 10}}))
	require.Equal(t, []int{25, 50, 100, 400}, contest.Checkpoints([]contest.Record{{Trials: 400}}))
	require.Equal(t, []int{24, 48, 96}, contest.Checkpoints([]contest.Record{{Trials: 96, Mode: contest.Batch8}}))
	require.Equal(t, []int{25, 0}, contest.Checkpoints([]contest.Record{{Trials: 400}, {Trials: 40}}))
}

func TestBudgetsOfSeveralSizesAreComparedAtTheirEnds(t *testing.T) {
	r := report("snail")
	short := results(map[string]float64{"auto": 1, "peer": 5}, "", 1, 1, 1)
	for i := range short {
		short[i].Problem, short[i].Trials, short[i].Regret, short[i].Seconds = "short", 40, short[i].Regret[:40], short[i].Seconds[:40]
	}
	r.Records, r.At = append(r.Records, short...), []int{25, 0}
	fast := table(t, r, "Fast contestants, on all that they have played: average rank after all trials")
	require.Contains(t, fast.Notes[0], "Problems: 7.")
	require.Equal(t, []string{"peer", "7", "86 %"}, table(t, r, "auto against each other after all trials").Rows[0][:3])
	require.Equal(t, []string{"auto", "2 ms / 2 ms"}, table(t, r, "Time for a suggestion after 25 / all trials").Rows[0][:2])
	require.Empty(t, r.Plots("sequential"))
}
