package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// routes is the table: each operation with how its request is read, what is called, and how the result is
// written.
func (h *handler) routes() map[wire.Operation]http.Handler {
	s, o := h.service, h.options
	return map[wire.Operation]http.Handler{
		wire.CreateExperiment:    serve(o, readBody, s.CreateExperiment, answer[hone.Experiment](http.StatusCreated)),
		wire.RunExperiment:       serve(o, runRequest, s.RunExperiment, encodeRun),
		wire.ListExperiments:     serve(o, experimentFilter, s.ListExperiments, encodeExperiments),
		wire.GetExperiment:       serve(o, name, s.GetExperiment, ok[hone.Experiment]),
		wire.UpdateExperiment:    serve(o, patchRequest, h.update, ok[hone.Experiment]),
		wire.DeleteExperiment:    serve(o, name, nothing(s.DeleteExperiment), noContent),
		wire.PauseExperiment:     serve(o, name, s.PauseExperiment, ok[hone.Experiment]),
		wire.ResumeExperiment:    serve(o, name, s.ResumeExperiment, ok[hone.Experiment]),
		wire.StopExperiment:      serve(o, stopRequest, h.stop, ok[hone.Experiment]),
		wire.InterruptExperiment: serve(o, name, nothing(s.InterruptExperiment), noContent),
		wire.Enqueue:             serve(o, enqueueRequest, h.enqueue, ok[wire.Point]),
		wire.Import:              serve(o, importRequest, h.imports, ok[wire.ImportReply]),
		wire.Leaderboard:         serve(o, leaderboardRequest, h.leaderboard, ok[hone.Leaderboard]),
		wire.Events:              serve(o, eventsRequest, h.events, h.encodeEvents),
		wire.ListTrials:          serve(o, trialsRequest, h.trials, ok[wire.TrialList]),
		wire.GetTrial:            serve(o, trialID, h.trial(s.GetTrial), ok[wire.Trial]),
		wire.StopTrial:           serve(o, trialID, h.trial(s.StopTrial), ok[wire.Trial]),
		wire.RetryTrial:          serve(o, trialID, h.trial(s.RetryTrial), ok[wire.Trial]),
		wire.Logs:                serve(o, logsRequest, h.logs, encodeLog),
		wire.Measure:             serve(o, batchRequest, measure(s), ok[wire.MeasureReply]),
		wire.Measurements:        serve(o, readingsRequest, h.readings, ok[wire.Readings]),
		wire.Ask:                 serve(o, askRequest, h.ask, ok[wire.AskReply]),
		wire.Tell:                serve(o, tellRequest, h.tell, ok[wire.Trial]),
		wire.CreateToken:         serve(o, tokenRequest, h.createToken, answer[hone.IssuedToken](http.StatusCreated)),
		wire.Tokens:              serve(o, empty, h.tokens, ok[wire.TokenList]),
		wire.RevokeToken:         serve(o, tokenID, h.revokeToken, noContent),
		wire.Algorithms:          serve(o, empty, h.algorithms, ok[hone.Catalog]),
		wire.Healthz:             serve(o, empty, healthy, ok[health]),
		wire.Readyz:              serve(o, empty, h.ready, ok[health]),
	}
}

// nothing adapts a function without a result.
func nothing[Req any](call func(context.Context, Req) error) func(context.Context, Req) (none, error) {
	return func(ctx context.Context, r Req) (none, error) { return none{}, call(ctx, r) }
}

type health struct {
	Status string `json:"status"`
}

func healthy(context.Context, none) (health, error) { return health{Status: "ok"}, nil }

func (h *handler) ready(ctx context.Context, _ none) (health, error) {
	if h.options.Ready != nil {
		if err := h.options.Ready(ctx); err != nil {
			return health{}, hone.Errorf(hone.Unavailable, "not ready: %w", err)
		}
	}
	return health{Status: "ok"}, nil
}

func (h *handler) algorithms(ctx context.Context, _ none) (hone.Catalog, error) {
	c, err := h.service.Algorithms(ctx)
	c.Algorithms, c.EarlyStopping = list(c.Algorithms), list(c.EarlyStopping)
	return c, err
}

// list makes a nil list an empty one: in JSON it is [] and not null.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
