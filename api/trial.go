package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// trial names a trial of an experiment.
type trial struct {
	hone.Name
	number int
}

// trialID reads the trial out of the path, which must be one of the experiment's.
func trialID(r *http.Request) (t trial, err error) {
	t.Name, _ = name(r)
	text := r.PathValue("trial")
	experiment, number, err := hone.ParseTrialName(text)
	if err != nil {
		return t, err
	}
	if experiment != t.Name.Name {
		return t, hone.Errorf(hone.NotFound, "trial %q is not one of experiment %q, whose trials look like %s",
			text, t.Name.Name, hone.TrialName(t.Name.Name, 17))
	}
	t.number = number
	return t, nil
}

// trial adapts the methods of the service that answer with a trial.
func (h *handler) trial(call func(context.Context, hone.Name, int) (hone.Trial, error)) func(context.Context, trial) (wire.Trial, error) {
	return func(ctx context.Context, t trial) (wire.Trial, error) {
		got, err := call(ctx, t.Name, t.number)
		return wire.TrialOf(got, h.options.Clock()), err
	}
}

type trialList struct {
	hone.Name
	filter hone.TrialFilter
}

func trialsRequest(r *http.Request) (l trialList, err error) {
	q := query{values: r.URL.Query()}
	l.Name, _ = name(r)
	l.filter = hone.TrialFilter{Limit: q.count("limit"), After: q.count("cursor")}
	for _, text := range q.values["state"] {
		for word := range strings.SplitSeq(text, ",") {
			state := hone.TrialState(word)
			if !slices.Contains(hone.TrialStates(), state) {
				q.fail("state", "%q is not a state of a trial; they are %s", word, commas(hone.TrialStates()))
			}
			l.filter.States = append(l.filter.States, state)
		}
	}
	return l, q.err
}

func (h *handler) trials(ctx context.Context, l trialList) (wire.TrialList, error) {
	page, err := h.service.ListTrials(ctx, l.Name, l.filter)
	return wire.TrialListOf(page, h.options.Clock()), err
}

type ranking struct {
	hone.Name
	query hone.LeaderboardQuery
}

func leaderboardRequest(r *http.Request) (l ranking, err error) {
	q := query{values: r.URL.Query()}
	l.Name, _ = name(r)
	l.query = hone.LeaderboardQuery{Top: q.count("top"), Imported: q.flag("imported", false), Curves: q.flag("curves", false)}
	return l, q.err
}

func (h *handler) leaderboard(ctx context.Context, l ranking) (hone.Leaderboard, error) {
	board, err := h.service.Leaderboard(ctx, l.Name, l.query)
	board.Trials = list(board.Trials)
	return board, err
}
