package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/bench/contest"
)

func try(args ...string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	err = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), err
}

func TestAContestFromTheFirstRunToThePage(t *testing.T) {
	dir := t.TempDir()
	file, page := filepath.Join(dir, "results.jsonl"), filepath.Join(dir, "docs", "page.md")
	plan := []string{"run", "--tuners", "random,eight=bayesian:start=8", "--problems", "classic-branin|classic-hart.*3", "--trials", "12", "--seeds", "2", "--out", file}
	out, errs, err := try(plan...)
	require.NoError(t, err)
	require.Contains(t, out, "average rank after 12 trials")
	require.Contains(t, out, "without the problems that are set aside")
	require.Contains(t, errs, " runs, about 0s left")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	_, _, err = try(append(plan, "--table=false", "--redo", "eight")...)
	require.NoError(t, err)
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, strings.Count(string(before), "\n")*3/2, strings.Count(string(after), "\n"), "everything else had been played")

	require.NoError(t, os.MkdirAll(filepath.Dir(page), 0o700))
	require.NoError(t, os.WriteFile(page, []byte(contest.MarkBegin+"\n"+contest.MarkEnd+"\n"), 0o600))
	_, _, err = try("table", file, "--page", page, "--images", filepath.Join(dir, "docs", "img"))
	require.NoError(t, err)
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(text), "(img/regret-all-sequential.svg)")
	require.FileExists(t, filepath.Join(dir, "docs", "img", "regret-all-sequential.svg"))
}

func TestWhatIsAskedForWronglyIsSaid(t *testing.T) {
	for want, args := range map[string][]string{
		"no problem matches":       {"run", "--problems", "nothing"},
		`"bayes" is no algorithm`:  {"run", "--tuners", "bayes", "--peers", "/nowhere"},
		"two contestants":          {"run", "--tuners", "random,random"},
		`there is no mode "quick"`: {"run", "--mode", "quick"},
		"a run needs a trial":      {"run", "--trials", "0"},
		"has no setting":           {"run", "--tuners", "random:x=1"},
	} {
		_, _, err := try(append(args, "--out", filepath.Join(t.TempDir(), "x"))...)
		require.ErrorContains(t, err, want)
	}
	_, _, err := try("table", "/nowhere.jsonl")
	require.ErrorIs(t, err, os.ErrNotExist)
}
