package main

import (
	"context"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

const (
	curveWidth  = 16  // characters of a learning curve
	curveTrials = 200 // curves are read for so many trials at most
)

// boardOptions are the flags of a leaderboard.
type boardOptions struct {
	query   hone.LeaderboardQuery
	states  []hone.TrialState
	arrange arrange
	format  string
	watch   bool
}

func newLeaderboardCommand(a *app) *cobra.Command {
	var o boardOptions
	var states []string
	cmd := &cobra.Command{
		Use:     "leaderboard NAME",
		Aliases: []string{"top"},
		Short:   "Show the ranking of an experiment's trials",
		Long: `Show the ranking: trials with a value, the best first; then those without one, by number.
The objective's readings of each trial are drawn as a small curve. A value that ends in … (~ without UTF-8) is the
newest reading of a trial that still runs; it has no rank.

With --watch on a terminal the table is live: move with the arrows, Enter opens a trial with its curve and log,
< and > choose the column to sort by, f a state, / a condition, ? shows all keys, q leaves. Elsewhere the table is
printed again when it has changed, until the experiment ends.` + trialColumnsHelp(leaderboardColumns()),
		Example: `  hone leaderboard digits --top 10
  hone leaderboard digits --watch
  hone leaderboard digits --columns rank,trial,value,lr,loss --sort loss
  hone leaderboard digits --columns +loss,-duration --where 'lr<0.01' --where optimizer=adam
  hone leaderboard digits -o json | jq '.trials[0].parameters'`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, listFormats())
	cmd.Flags().IntVar(&o.query.Top, "top", 0, "only the first N, after sorting; 0 for all")
	cmd.Flags().BoolVar(&o.query.Imported, "imported", false, "rank imported trials too")
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "keep showing it as it changes")
	statesFlag(cmd, &states)
	o.arrange.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		if o.query.Top < 0 {
			return usagef("--top must not be negative")
		}
		if o.states, err = trialStates(states); err != nil {
			return err
		}
		o.format = *format
		return a.with(cmd.Context(), func(s connection) error {
			if o.watch {
				return a.watchLeaderboard(cmd.Context(), s, name, o)
			}
			return a.showLeaderboard(cmd.Context(), s, name, o)
		})
	}
	return cmd
}

// showLeaderboard prints the leaderboard once.
func (a *app) showLeaderboard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions) error {
	l, err := a.leaderboard(ctx, s, n, o)
	if err != nil {
		return err
	}
	return a.print(l, o.format)
}

// leaderboard fetches the ranking and lays it out.
func (a *app) leaderboard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions) (listing, error) {
	e, err := s.GetExperiment(ctx, n)
	if err != nil {
		return listing{}, err
	}
	top := o.query.Top
	if o.arrange.sort != "" || len(o.arrange.where)+len(o.states) > 0 {
		o.query.Top = 0 // what comes first is known once all are there
	}
	shown := e.Status.Trials()
	if o.query.Top > 0 {
		shown = min(shown, o.query.Top)
	}
	o.query.Curves = (o.format == asTable || o.format == asWide) && shown <= curveTrials
	board, err := s.Leaderboard(ctx, n, o.query)
	if err != nil {
		return listing{}, err
	}
	l := boardListing(e.Spec, board, a.look, a.now)
	if len(o.states) > 0 {
		l.empty = "no trials in state " + statesText(o.states)
		l.rows = slices.DeleteFunc(l.rows, func(r row) bool { return !slices.Contains(o.states, board.Trials[r.key].State) })
	}
	l, err = o.arrange.apply(l)
	if top > 0 && top < len(l.rows) {
		l.rows = l.rows[:top]
	}
	return l, err
}

func boardListing(spec hone.Spec, board hone.Leaderboard, k look, now func() time.Time) listing {
	trials := make([]shownTrial, len(board.Trials))
	curves := false
	for i, t := range board.Trials {
		trials[i] = rankedTrial(board.Experiment, t)
		curves = curves || len(t.Curve) > 1
	}
	names := leaderboardColumns()
	if !curves {
		names = without(names, "curve")
	}
	l := listing{empty: "no trials yet", document: func(keys []int) any {
		chosen := board
		chosen.Trials = make([]hone.RankedTrial, len(keys))
		for i, k := range keys {
			chosen.Trials[i] = board.Trials[k]
		}
		return chosen
	}}
	return fill(l, trialFields(spec, metricsOf(trials), names, k, now), trials)
}
