package kube

import (
	hone "github.com/hone-tuner/hone"
)

// previewImage stands for the image of the collector while an object is only looked at.
const previewImage = "collector"

// Render shows the object of an attempt, with the values of its trial put in, as Start would create it but for what
// collects the metrics. It finds the mistakes that can be found without a cluster. The launch is not changed.
func Render(l hone.Launch) (map[string]any, error) {
	b := builder{image: previewImage}
	if _, err := b.object(l); err != nil {
		return nil, err
	}
	shown := l
	shown.URL, shown.Token = "", ""
	shown.Experiment.Spec.Metrics.Source = hone.SourcePush // nothing collects then
	obj, err := b.object(shown)
	if err != nil {
		return nil, err
	}
	forgetUID(obj.Object, l.Experiment.UID)
	return obj.Object, nil
}

// forgetUID takes the label of an experiment that has no UID yet away, wherever it was put.
func forgetUID(value any, uid string) {
	if uid != "" {
		return
	}
	switch x := value.(type) {
	case map[string]any:
		if x[labelManagedBy] == managedByHone {
			delete(x, labelUID)
		}
		for _, child := range x {
			forgetUID(child, uid)
		}
	case []any:
		for _, child := range x {
			forgetUID(child, uid)
		}
	}
}
