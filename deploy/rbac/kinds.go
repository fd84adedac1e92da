package main

import "github.com/hone-tuner/hone/trials/kube"

// trainer is the group of what a TrainJob runs by.
const trainer = "trainer.kubeflow.org"

// builtin are the kinds of trials that Hone knows.
func builtin() []resource {
	var out []resource
	for _, k := range kube.Kinds() {
		out = append(out, resource{k.Group, k.Resource})
	}
	return out
}
