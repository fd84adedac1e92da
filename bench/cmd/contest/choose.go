package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/bench/contest"
	"github.com/hone-tuner/hone/bench/problems"
)

// chosen are the flags that choose contestants and problems.
type chosen struct {
	tuners   []string
	problems string
	tables   string
	python   string
	peers    string
	reserve  bool
	small    bool
}

func (f *chosen) flags(c *cobra.Command) {
	c.Flags().StringSliceVar(&f.tuners, "tuners", []string{"own"}, "contestants: an algorithm, with settings as bayesian:start=8 and a name as eight=bayesian:start=8; a peer; own, peers or fast-peers for all of them")
	c.Flags().StringVar(&f.problems, "problems", "", "only problems and groups that match this expression from their beginning")
	c.Flags().StringVar(&f.tables, "tables", "", "folder of real tables")
	c.Flags().StringVar(&f.python, "python", "", "python with scikit-learn, for live trainings")
	c.Flags().StringVar(&f.peers, "peers", "bench/peers", "folder of the peers")
	c.Flags().BoolVar(&f.reserve, "reserve", false, "also the part of the suite that is set aside for the final table")
	c.Flags().BoolVar(&f.small, "small", false, "only the problems that slow contestants play, too")
}

// suite is the problems that were chosen.
func (f *chosen) suite() ([]*problems.Problem, error) {
	wanted, err := regexp.Compile("^(" + f.problems + ")")
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "--problems: %w", err)
	}
	all, err := problems.Suite(problems.Options{Tables: f.tables, Python: f.python})
	if err != nil {
		return nil, err
	}
	var out []*problems.Problem
	for _, p := range all {
		if (!p.Reserve || f.reserve) && (p.Small || !f.small) && (wanted.MatchString(p.Name) || wanted.MatchString(string(p.Group))) {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, hone.Errorf(hone.NotFound, "no problem matches %q; contest list shows them all", f.problems)
	}
	return out, nil
}

// contestants are those that were chosen. Peers are looked for only when one is named.
func (f *chosen) contestants(ctx context.Context, revision string, stderr io.Writer) ([]contest.Contestant, error) {
	logger := hclog.New(&hclog.LoggerOptions{Output: stderr, Level: hclog.Error})
	var out []contest.Contestant
	add := func(c contest.Contestant) error {
		if slices.ContainsFunc(out, func(d contest.Contestant) bool { return c.Info().Name == d.Info().Name }) {
			return hone.Errorf(hone.InvalidArgument, "two contestants are called %s", c.Info().Name)
		}
		out = append(out, c)
		return nil
	}
	for _, text := range f.tuners {
		some, err := f.named(ctx, text, revision, logger)
		if err != nil {
			return nil, err
		}
		for _, c := range some {
			if err := add(c); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// named finds the contestants that one word means.
func (f *chosen) named(ctx context.Context, text, revision string, logger hclog.Logger) ([]contest.Contestant, error) {
	if text == "own" {
		var out []contest.Contestant
		for name := range algorithms.Builtin() {
			c, err := contest.NewOwn(name, revision, hone.AlgorithmSpec{Name: name}, logger)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		slices.SortFunc(out, func(a, b contest.Contestant) int { return cmp.Compare(a.Info().Name, b.Info().Name) })
		return out, nil
	}
	if name, spec, ok := contest.ParseOwn(text); ok {
		c, err := contest.NewOwn(name, revision, spec, logger)
		return []contest.Contestant{c}, err
	}
	peers, err := contest.ListPeers(ctx, filepath.Join(f.peers, "peer"))
	if err != nil {
		return nil, fmt.Errorf("%q is no algorithm of Hone: %w", text, err)
	}
	peers = slices.DeleteFunc(peers, func(c contest.Contestant) bool {
		return text != "peers" && (text != "fast-peers" || c.Info().Slow) && text != c.Info().Name
	})
	if len(peers) == 0 {
		return nil, hone.Errorf(hone.NotFound, "there is no contestant %q: it is neither an algorithm of Hone nor a peer", text)
	}
	return peers, nil
}

func closeAll(contestants []contest.Contestant) {
	for _, c := range contestants {
		if closer, ok := c.(io.Closer); ok {
			closer.Close() // the runs are over
		}
	}
}

// revision is that of the source, with a mark when Go files have been changed since.
func revision(ctx context.Context) string {
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	rev := strings.TrimSpace(string(head))
	changed, err := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", "*.go").Output()
	if err == nil && len(changed) > 0 {
		rev += "-changed"
	}
	return rev
}

func newList() *cobra.Command {
	var f chosen
	c := &cobra.Command{
		Use:   "list",
		Short: "list the problems",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			suite, err := f.suite()
			for _, p := range suite {
				marks := ""
				if p.Small {
					marks += " small"
				}
				if p.Reserve {
					marks += " reserve"
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-32s %-12s %3d%s\n", p.Name, p.Group, p.Space.Len(), marks)
			}
			return err
		},
	}
	f.flags(c)
	return c
}
