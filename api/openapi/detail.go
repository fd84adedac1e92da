package openapi

import hone "github.com/hone-tuner/hone"

// detail says of a field what its type does not.
type detail struct {
	description string
	schema      object
	required    bool // in a request; in answers, the tags of the fields say it
}

// details is the table, by type and name in JSON. Limits that the root counts in bytes are given in characters.
func details() map[string]detail {
	positive := natural()
	metric := object{"minLength": 1, "maxLength": hone.MetricLimit}
	return map[string]detail{
		"AskRequest.count":  {description: "How many trials are wanted; 0 is 1.", schema: object{"minimum": 0, "maximum": hone.AskLimit}},
		"AskRequest.client": {description: "Names one sequential worker, whose own unfinished trials come first.", schema: object{"maxLength": hone.ClientLimit}},
		"AskRequest.lease":  {description: "How long the worker may be silent before it loses the trial, from 1s to 720h; none for as long as it likes."},

		"TellRequest.attempt": {description: "The attempt that was asked for; 0 for the latest.", schema: positive},
		"TellRequest.state":   {required: true, schema: object{"enum": []string{"Succeeded", "Failed", "EarlyStopped", "Stopped"}}},
		"TellRequest.metrics": {description: "The observation, as it is; without it the readings are reduced.", schema: object{"propertyNames": metric}},
		"TellRequest.message": {schema: object{"maxLength": hone.MessageLimit}},

		"Batch.attempt":      {description: "The attempt that was started; 0 for the current one.", schema: positive},
		"Batch.source":       {description: "Numbers batches on its own."},
		"Batch.sequence":     {description: "The number of the batch, from 1 for each attempt and source; it counts once however often it is sent.", schema: positive},
		"Batch.cursor":       {description: "Where the source stands after the batch, in its own words."},
		"Measurement.metric": {required: true, schema: metric},
		"Measurement.value":  {required: true},
		"Measurement.step":   {description: "Without it, the step after the metric's newest."},
		"Measurement.time":   {description: "When it was taken."},

		"PointRequest.parameters": {required: true, description: "Values by the names of the parameters."},
		"ImportRequest.trials":    {required: true},
		"ImportedTrial.state": {description: "Succeeded where it is left out.",
			schema: object{"enum": []string{"", "Succeeded", "Failed", "EarlyStopped", "Stopped"}}},
		"ImportedTrial.parameters": {description: "A whole point of the search space."},

		"RunRequest.document":    {required: true, description: "The experiment file."},
		"RunRequest.directory":   {required: true, description: "Absolute path of the folder from which relative paths start."},
		"RunRequest.environment": {description: "NAME=value, for the trials."},
		"Overrides.trials":       {description: "In place of budget.trials."},

		"TokenRequest.name": {required: true, description: "Whose it is, for people.", schema: object{"maxLength": hone.TokenNameLimit, "pattern": `\S`}},
		"TokenRequest.role": {required: true},
		"TokenRequest.namespaces": {description: "Those that it is limited to; none for all.", schema: object{"maxItems": hone.TokenNamespacesLimit, "uniqueItems": true,
			"items": nameSchema()}},
		"TokenRequest.expires": {description: "How long it will work; none for ever."},
		"IssuedToken.secret":   {description: "What the bearer sends. It is shown this once."},

		"AskReply.retryAfter":  {description: "Seconds after which asking again makes sense; absent where it does not."},
		"Trial.duration":       {description: "How long the latest attempt took, or has taken so far."},
		"Trial.finished":       {description: "The place in the order of finishing, from 1."},
		"ErrorDetail.fields":   {description: "The single mistakes of a document."},
		"ErrorDetail.expected": {description: "The sequence number that the next batch of measurements must carry."},
		"ErrorDetail.got":      {description: "The sequence number that came."},
		"Status.events":        {description: "The sequence number of the newest event."},
	}
}
