package client

import (
	"encoding/json"

	hone "github.com/hone-tuner/hone"
)

// document is an experiment file, in JSON.
type document struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Metadata   metadata  `json:"metadata"`
	Spec       hone.Spec `json:"spec"`
}

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// documentOf writes the experiment file that describes an experiment.
func documentOf(e hone.Experiment) ([]byte, error) {
	data, err := json.Marshal(document{APIVersion: "hone.dev/v1beta1", Kind: "Experiment",
		Metadata: metadata{Name: e.Name, Namespace: e.Namespace, Labels: e.Labels}, Spec: e.Spec})
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "experiment %q cannot be written: %w", e.Name, err)
	}
	return data, nil
}
