package katib

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// What a service wants to have back is kept in the labels of the trials, under a prefix that no algorithm of
// Hone's uses.
const (
	reserved      = "service/"
	nameLabel     = reserved + "trial-name"
	settingsLabel = reserved + "settings"
	labelPrefix   = reserved + "label/"

	maxName   = 253
	maxKept   = 16 << 10 // bytes of labels, or of settings, for one trial
	maxLabels = 64
)

// labelsOf are the labels that keep what a service said of one trial.
func labelsOf(a *pb.GetSuggestionsReply_ParameterAssignments) (map[string]string, error) {
	size := 0
	for k, v := range a.GetLabels() {
		size += len(k) + len(v)
	}
	switch {
	case len(a.GetTrialName()) > maxName:
		return nil, hone.Errorf(hone.InvalidArgument, "it calls a trial by a name of %d bytes; at most %d are kept", len(a.GetTrialName()), maxName)
	case size > maxKept || len(a.GetLabels()) > maxLabels:
		return nil, hone.Errorf(hone.InvalidArgument, "it gives a trial %d labels of %d bytes; at most %d of %d are kept", len(a.GetLabels()), size, maxLabels, maxKept)
	}
	labels := map[string]string{}
	for k, v := range a.GetLabels() {
		labels[labelPrefix+k] = v
	}
	if a.GetTrialName() != "" {
		labels[nameLabel] = a.GetTrialName()
	}
	return labels, nil
}

// trialName is how the service knows a trial.
func trialName(experiment string, number int, labels map[string]string) string {
	if name := labels[nameLabel]; name != "" {
		return name
	}
	return hone.TrialName(experiment, number)
}

// serviceLabels are what the service said of a trial.
func serviceLabels(labels map[string]string) map[string]string {
	var out map[string]string
	for k, v := range labels {
		if name, ok := strings.CutPrefix(k, labelPrefix); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[name] = v
		}
	}
	return out
}

// kept are the settings that the service sent last: those of the newest trial that carries some.
func kept(r hone.Request) map[string]string {
	newest, text := 0, ""
	look := func(number int, labels map[string]string) {
		if t, ok := labels[settingsLabel]; ok && number > newest {
			newest, text = number, t
		}
	}
	for _, p := range r.Pending {
		look(p.Number, p.Labels)
	}
	for i := range r.History.Len() {
		o := r.History.At(i)
		look(o.Number, o.Labels)
	}
	var settings map[string]string
	if text == "" || json.Unmarshal([]byte(text), &settings) != nil {
		return nil
	}
	return settings
}

// keep adds what a reply says of the settings to those that are kept; changed says whether there is anything
// new to be kept.
func keep(before, sent map[string]string, reply *pb.AlgorithmSpec) (text string, changed bool, err error) {
	after := maps.Clone(before)
	if after == nil {
		after = map[string]string{}
	}
	for _, s := range reply.GetAlgorithmSettings() {
		if old, ok := sent[s.GetName()]; !ok || old != s.GetValue() {
			after[s.GetName()] = s.GetValue()
		}
	}
	if maps.Equal(after, before) || len(after) == 0 {
		return "", false, nil
	}
	data, err := json.Marshal(after)
	if err != nil {
		return "", false, err
	}
	if len(data) > maxKept {
		return "", false, hone.Errorf(hone.InvalidArgument, "it wants %d bytes of settings to be kept; at most %d are", len(data), maxKept)
	}
	return string(data), true, nil
}

// settingsOf writes settings in the order of their names.
func settingsOf(settings map[string]string) []*pb.AlgorithmSetting {
	out := make([]*pb.AlgorithmSetting, 0, len(settings))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		out = append(out, &pb.AlgorithmSetting{Name: name, Value: settings[name]})
	}
	return out
}
