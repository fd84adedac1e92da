package main

import (
	"encoding/json"

	"github.com/hone-tuner/hone"
)

// describeObject shows the object that runs the first trial on Kubernetes, as YAML. What is not known before it runs
// stands in comments, so that the whole may be handed to kubectl.
func describeObject(s hone.Spec, object map[string]any) string {
	document, err := json.Marshal(object)
	if err != nil {
		return "# the object cannot be shown: " + err.Error() + "\n"
	}
	text, err := yamlOf(document)
	if err != nil {
		return "# the object cannot be shown: " + err.Error() + "\n"
	}
	more := "the label hone.dev/uid, and the collector of its metrics in its pod"
	switch {
	case s.Metrics.Source == hone.SourcePush:
		more = "the label hone.dev/uid, and HONE_URL and HONE_TOKEN"
	case object["kind"] == "TrainJob":
		more = "the label hone.dev/uid, and a runtime of its own, which has the environment and the collector"
	}
	return "---\n# A service that runs trials on Kubernetes adds " + more + ".\n" + cleanLines(string(text)) + "\n"
}
