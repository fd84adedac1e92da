package openapi

import (
	"net/http"
	"reflect"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// operation says of a route what neither the table of routes nor the types tell.
type operation struct {
	tag, summary, description string
	// body is the type of the body, bodyNamed a component that describes it instead.
	body         reflect.Type
	bodyNamed    string
	bodyOptional bool
	takes        []string // the content types of the body
	// answer is the type of what is answered, text its content type where it is no JSON.
	answer  reflect.Type
	text    string
	status  []int    // of what ends well; 200 without any
	tagged  bool     // whether the answer has an ETag
	located bool     // whether the answer says where the new thing is
	errors  []int    // statuses of errors beyond the usual
	headers []string // that the request may have
}

const (
	tagExperiments  = "Experiments"
	tagSteering     = "Steering"
	tagTrials       = "Trials"
	tagAsk          = "Ask and tell"
	tagMeasurements = "Measurements"
	tagEvents       = "Events"
	tagTokens       = "Tokens"
	tagServer       = "Server"
)

func tags() (all []any) {
	for _, name := range []string{tagExperiments, tagSteering, tagTrials, tagAsk, tagMeasurements, tagEvents, tagTokens, tagServer} {
		all = append(all, object{"name": name})
	}
	return all
}

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// statuses are those of what ends well, with what each means.
func (o operation) statuses() map[int]string {
	out := map[int]string{}
	all := o.status
	if len(all) == 0 {
		all = []int{http.StatusOK}
	}
	for _, status := range all {
		out[status] = map[int]string{http.StatusOK: "It is done.", http.StatusCreated: "It was created.", http.StatusNoContent: "It is done."}[status]
	}
	if o.tagged {
		out[http.StatusOK] = "The current state."
		out[http.StatusNotModified] = "It is as the caller knows it."
	}
	return out
}

// operations is the table, in parts.
func operations() map[wire.Operation]operation {
	all := map[wire.Operation]operation{}
	for _, part := range []map[wire.Operation]operation{experimentOperations(), trialOperations(), otherOperations()} {
		for name, o := range part {
			if o.body != nil && o.takes == nil {
				o.takes = []string{"application/json"}
			}
			all[name] = o
		}
	}
	return all
}

func experimentOperations() map[wire.Operation]operation {
	experiment := typeOf[hone.Experiment]()
	return map[wire.Operation]operation{
		wire.CreateExperiment: {tag: tagExperiments, summary: "Create an experiment", answer: experiment,
			description: "The body is the content of an experiment file, YAML or JSON, whatever its content type.",
			bodyNamed:   "ExperimentFile", takes: []string{"application/json", "application/yaml"},
			status: []int{http.StatusCreated}, located: true},
		wire.RunExperiment: {tag: tagExperiments, summary: "Create an experiment and run it, or go on with it",
			description: "What `hone run` does. It starts programs in any folder of the server's machine.",
			body:        typeOf[wire.RunRequest](), answer: typeOf[hone.RunReply](), status: []int{http.StatusOK, http.StatusCreated},
			errors: []int{http.StatusNotFound, http.StatusNotImplemented}},
		wire.ListExperiments: {tag: tagExperiments, summary: "List experiments", answer: typeOf[hone.ExperimentPage](), tagged: true},
		wire.GetExperiment:   {tag: tagExperiments, summary: "Show an experiment", answer: experiment, tagged: true},
		wire.UpdateExperiment: {tag: tagExperiments, summary: "Change budget, parallelism and stop rules", answer: experiment,
			description: "The body is a JSON merge patch (RFC 7396) of `spec`.", bodyNamed: "ExperimentPatch",
			takes:   []string{"application/merge-patch+json", "application/json"},
			headers: []string{"If-Match"}, errors: []int{http.StatusPreconditionFailed}},
		wire.DeleteExperiment: {tag: tagExperiments, summary: "Stop an experiment and forget it",
			description: "Answers when its trials have ended, which takes up to their grace time.", status: []int{http.StatusNoContent}},
		wire.PauseExperiment: {tag: tagSteering, summary: "Start no new trials", answer: experiment,
			description: "The running ones go on."},
		wire.ResumeExperiment: {tag: tagSteering, summary: "Go on with a paused experiment", answer: experiment},
		wire.StopExperiment:   {tag: tagSteering, summary: "End an experiment now", answer: experiment},
		wire.InterruptExperiment: {tag: tagSteering, summary: "Leave an experiment to be gone on with later", status: []int{http.StatusNoContent},
			description: "Running trials get SIGTERM and go back to Pending; answers when they have ended."},
		wire.Enqueue: {tag: tagSteering, summary: "Put a point to try next", body: typeOf[wire.PointRequest](), answer: typeOf[wire.Point](),
			description: "What is left out is drawn; the answer is the whole point."},
		wire.Import: {tag: tagSteering, summary: "Add finished trials as history", body: typeOf[wire.ImportRequest](), answer: typeOf[wire.ImportReply](),
			description: "All of them, or none."},
		wire.Leaderboard: {tag: tagTrials, summary: "Rank the trials", answer: typeOf[hone.Leaderboard](), tagged: true},
		wire.Events: {tag: tagEvents, summary: "Follow what happens", text: wire.EventStream, headers: []string{"Last-Event-ID"},
			description: "Server-sent events: each message is one Event as JSON, with its sequence number as id. A message of the type " +
				"`error` carries the body of an error and is the last."},
	}
}

func trialOperations() map[wire.Operation]operation {
	trial := typeOf[wire.Trial]()
	return map[wire.Operation]operation{
		wire.ListTrials: {tag: tagTrials, summary: "List trials by number", answer: typeOf[wire.TrialList](), tagged: true},
		wire.GetTrial:   {tag: tagTrials, summary: "Show a trial", answer: trial, tagged: true},
		wire.StopTrial:  {tag: tagTrials, summary: "End a running or pending trial as Stopped", answer: trial},
		wire.RetryTrial: {tag: tagTrials, summary: "Take a Failed or Stopped trial back to Pending", answer: trial},
		wire.Logs: {tag: tagTrials, summary: "Read what a trial wrote", text: "text/plain", errors: []int{http.StatusConflict, http.StatusNotImplemented},
			description: "As it is. A log that breaks off breaks the connection, so that a part is never taken for the whole."},
		wire.Measure: {tag: tagMeasurements, summary: "Send readings", body: typeOf[wire.Batch](), answer: typeOf[wire.MeasureReply](),
			description: "They are durable when this is answered. With `stop`, the trial should end."},
		wire.Measurements: {tag: tagMeasurements, summary: "Show the readings of a trial", answer: typeOf[wire.Readings](), tagged: true,
			description: "By metric and step."},
		wire.Ask: {tag: tagAsk, summary: "Ask for trials to run", body: typeOf[hone.AskRequest](), bodyOptional: true, answer: typeOf[wire.AskReply](),
			description: "Of an external experiment. Fewer than were wanted come with a `reason`, and with `retryAfter` (seconds) where asking again makes sense."},
		wire.Tell: {tag: tagAsk, summary: "Tell how a trial ended", body: typeOf[hone.TellRequest](), answer: trial,
			description: "Telling the same again is answered the same."},
	}
}

func otherOperations() map[wire.Operation]operation {
	health := typeOf[wire.Health]()
	return map[wire.Operation]operation{
		wire.CreateToken: {tag: tagTokens, summary: "Make a token", body: typeOf[hone.TokenRequest](), answer: typeOf[hone.IssuedToken](),
			description: "Its secret is shown this once.", status: []int{http.StatusCreated}, errors: []int{http.StatusNotImplemented}},
		wire.Tokens: {tag: tagTokens, summary: "List tokens", answer: typeOf[wire.TokenList](), tagged: true, description: "Without their secrets.",
			errors: []int{http.StatusNotImplemented}},
		wire.RevokeToken: {tag: tagTokens, summary: "Make a token worthless", status: []int{http.StatusNoContent}, errors: []int{http.StatusNotImplemented}},
		wire.Algorithms:  {tag: tagServer, summary: "List what an experiment can choose", answer: typeOf[hone.Catalog](), tagged: true},
		wire.OpenAPI:     {tag: tagServer, summary: "This document", answer: typeOf[map[string]any](), tagged: true},
		wire.Metrics:     {tag: tagServer, summary: "Metrics for Prometheus", text: "text/plain", errors: []int{http.StatusNotImplemented}},
		wire.Backup: {tag: tagServer, summary: "Copy the store", text: "application/octet-stream", errors: []int{http.StatusNotImplemented},
			description: "A consistent copy of the whole data base, while it is in use."},
		wire.Healthz: {tag: tagServer, summary: "Whether the process lives", answer: health},
		wire.Readyz:  {tag: tagServer, summary: "Whether it can do its work", answer: health, status: []int{http.StatusOK, http.StatusServiceUnavailable}},
	}
}
