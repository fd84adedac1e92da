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
	arrange arrange
	format  string
	watch   bool
}

func newLeaderboardCommand(a *app) *cobra.Command {
	var o boardOptions
	cmd := &cobra.Command{
		Use:     "leaderboard NAME",
		Aliases: []string{"top"},
		Short:   "Show the ranking of an experiment's trials",
		Long: `Show the ranking: trials with a value, the best first; then those without one, by number.
The objective's readings of each trial are drawn as a small curve. A value that ends in … (~ without UTF-8) is the
newest reading of a trial that still runs; it has no rank.`,
		Example: `  hone leaderboard digits --top 10
  hone leaderboard digits --watch
  hone leaderboard digits --columns rank,trial,value,lr,loss --sort loss
  hone leaderboard digits -o json | jq '.trials[0].parameters'`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, listFormats())
	cmd.Flags().IntVar(&o.query.Top, "top", 0, "only the first N, after sorting; 0 for all")
	cmd.Flags().BoolVar(&o.query.Imported, "imported", false, "rank imported trials too")
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "show it again whenever it changes, until the experiment ends")
	o.arrange.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		if o.query.Top < 0 {
			return usagef("--top must not be negative")
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
	if o.arrange.sort != "" {
		o.query.Top = 0 // what comes first is known once all are sorted
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
	l, err := o.arrange.apply(boardListing(e.Spec, board, a.look, a.now()))
	if top > 0 && top < len(l.rows) {
		l.rows = l.rows[:top]
	}
	return l, err
}

func boardListing(spec hone.Spec, board hone.Leaderboard, k look, now time.Time) listing {
	metrics := make([]map[string]hone.Float, len(board.Trials))
	curves := false
	for i, t := range board.Trials {
		metrics[i] = t.Metrics
		curves = curves || len(t.Curve) > 1
	}
	point := newPointColumns(spec, metrics, "rank", "trial", "state", "reason", "value", "startTime", "endTime", "duration", "imported", "curve")
	l := listing{empty: "no trials yet", document: func(keys []int) any {
		chosen := board
		chosen.Trials = make([]hone.RankedTrial, len(keys))
		for i, k := range keys {
			chosen.Trials[i] = board.Trials[k]
		}
		return chosen
	}}
	l.columns = slices.Concat(
		[]column{{name: "rank", right: true}, {name: "trial"}, {name: "state"}, {name: "reason", wide: true},
			objectiveColumnOf(board.Objective)},
		point.metricColumns(), point.parameterColumns(),
		[]column{{name: "startTime", title: "START", wide: true}, {name: "endTime", title: "END", wide: true}, {name: "duration", right: true}})
	for i, t := range board.Trials {
		l.rows = append(l.rows, row{key: i, running: t.State == hone.TrialRunning, cells: slices.Concat(
			[]cell{rankCell(t.Rank), textCell(t.Trial), stateCell(string(t.State), t.Reason), textCell(string(t.Reason)),
				trialValueCell(board.Objective, t.State, t.Value, t.Metrics, k)},
			point.metricCells(t.Metrics), point.parameterCells(t.Parameters),
			[]cell{timeCell(t.StartTime), timeCell(t.EndTime), rankedDuration(t, now)})})
	}
	if curves {
		l.columns = append(l.columns, column{name: "curve", quiet: true})
		for i, t := range board.Trials {
			l.rows[i].cells = append(l.rows[i].cells, textCell(sparkline(t.Curve, curveWidth, k.unicode)))
		}
	}
	return l
}

func rankCell(rank int) cell {
	if rank == 0 {
		return cell{}
	}
	return intCell(rank)
}

// rankedDuration is what the leaderboard says, else the time since the start of a running trial.
func rankedDuration(t hone.RankedTrial, now time.Time) cell {
	if d, err := time.ParseDuration(t.Duration); err == nil {
		return durationCell(d)
	}
	if t.StartTime != nil && t.State == hone.TrialRunning {
		return durationCell(now.Sub(*t.StartTime))
	}
	return cell{}
}
