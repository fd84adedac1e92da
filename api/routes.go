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
	s := h.service
	experiment := encodeExperiment(http.StatusOK)
	return map[wire.Operation]http.Handler{
		wire.CreateExperiment:    serve(readBody, s.CreateExperiment, encodeExperiment(http.StatusCreated)),
		wire.RunExperiment:       serve(runRequest, s.RunExperiment, encodeRun),
		wire.ListExperiments:     conditional(serve(experimentFilter, s.ListExperiments, encodeExperiments)),
		wire.GetExperiment:       conditional(serve(name, s.GetExperiment, experiment)),
		wire.UpdateExperiment:    serve(patchRequest, h.update, experiment),
		wire.DeleteExperiment:    serve(name, nothing(s.DeleteExperiment), noContent),
		wire.PauseExperiment:     serve(name, s.PauseExperiment, experiment),
		wire.ResumeExperiment:    serve(name, s.ResumeExperiment, experiment),
		wire.StopExperiment:      serve(stopRequest, h.stop, experiment),
		wire.InterruptExperiment: serve(name, nothing(s.InterruptExperiment), noContent),
		wire.Enqueue:             serve(enqueueRequest, h.enqueue, ok[wire.Point]),
		wire.Import:              serve(importRequest, h.imports, ok[wire.ImportReply]),
		wire.Leaderboard:         conditional(serve(leaderboardRequest, h.leaderboard, ok[hone.Leaderboard])),
		wire.Events:              h.count(wire.Events, serve(eventsRequest, h.events, h.encodeEvents)),
		wire.ListTrials:          conditional(serve(trialsRequest, h.trials, ok[wire.TrialList])),
		wire.GetTrial:            conditional(serve(trialID, h.trial(s.GetTrial), ok[wire.Trial])),
		wire.StopTrial:           serve(trialID, h.trial(s.StopTrial), ok[wire.Trial]),
		wire.RetryTrial:          serve(trialID, h.trial(s.RetryTrial), ok[wire.Trial]),
		wire.Logs:                h.count(wire.Logs, serve(logsRequest, h.logs, encodeLog)),
		wire.Measure:             serve(batchRequest, h.options.measure(s), ok[wire.MeasureReply]),
		wire.Measurements:        conditional(serve(readingsRequest, h.readings, ok[wire.Readings])),
		wire.Ask:                 serve(askRequest, h.ask, ok[wire.AskReply]),
		wire.Tell:                serve(tellRequest, h.tell, ok[wire.Trial]),
		wire.CreateToken:         serve(tokenRequest, h.createToken, answer[hone.IssuedToken](http.StatusCreated)),
		wire.Tokens:              conditional(serve(empty, h.tokens, ok[wire.TokenList])),
		wire.RevokeToken:         serve(tokenID, h.revokeToken, noContent),
		wire.Algorithms:          conditional(serve(empty, h.algorithms, ok[hone.Catalog])),
		wire.OpenAPI:             conditional(serve(empty, h.openAPI, encodeRaw)),
		wire.Metrics:             serve(metricsRequest, h.metrics, encodeMetrics),
		wire.Backup:              serve(backupRequest, h.backup, encodeBackup),
		wire.Healthz:             serve(empty, healthy, ok[wire.Health]),
		wire.Readyz:              serve(empty, h.ready, ok[wire.Health]),
	}
}

// nothing adapts a function without a result.
func nothing[Req any](call func(context.Context, Req) error) func(context.Context, Req) (none, error) {
	return func(ctx context.Context, r Req) (none, error) { return none{}, call(ctx, r) }
}

func healthy(context.Context, none) (wire.Health, error) { return wire.Health{Status: "ok"}, nil }

func (h *handler) ready(ctx context.Context, _ none) (wire.Health, error) {
	if h.options.Ready != nil {
		if err := h.options.Ready(ctx); err != nil {
			return wire.Health{}, hone.Errorf(hone.Unavailable, "not ready: %w", err)
		}
	}
	return wire.Health{Status: "ok"}, nil
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
