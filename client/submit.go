package client

import (
	"context"
	"encoding/json"
	"errors"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/difference"
)

// Submit hands an experiment to a service. Only its name, namespace, labels and spec are looked at. If it is there
// already, Submit goes on with it: limits that differ (budget, parallelism and stop) take effect. If anything
// else differs, the error is of kind AlreadyExists, and the hone.FieldErrors in it say what.
func Submit(ctx context.Context, s hone.Service, e hone.Experiment, o ...Option) (*Experiment, error) {
	x := Open(s, hone.Name{Namespace: e.Namespace, Name: e.Name}, o...)
	document, err := documentOf(e)
	if err != nil {
		return nil, err
	}
	e.Spec = e.Spec.WithDefaults()
	err = x.keepTrying(ctx, "submit", func(ctx context.Context) error {
		_, err := s.CreateExperiment(ctx, document)
		if errors.Is(err, hone.AlreadyExists) {
			return x.goOn(ctx, e)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// SubmitFile is Submit for the content of an experiment file, YAML or JSON. The decoder reads it: spec.New
// makes one of what Algorithms says.
func SubmitFile(ctx context.Context, s hone.Service, d hone.Decoder, content []byte, o ...Option) (*Experiment, error) {
	doc, err := d.Decode(content, hone.Overrides{})
	if err != nil {
		return nil, err
	}
	return Submit(ctx, s, doc.Experiment, o...)
}

// goOn goes on with the experiment that is there, if it is the one that is wanted.
func (x *Experiment) goOn(ctx context.Context, want hone.Experiment) error {
	have, err := x.service.GetExperiment(ctx, x.name)
	if err != nil {
		return err
	}
	if diffs := difference.Experiments(have, want); len(diffs) > 0 {
		return hone.Errorf(hone.AlreadyExists, "experiment %q is there already, and differs in more than budget, parallelism and stop; "+
			"use another name, or delete it (what is there → what is wanted):\n%w", x.name, diffs)
	}
	limits := want.Spec.Limits()
	submitted := have.Status.Submitted
	if difference.Equal(limits, have.Spec.Limits()) || submitted != nil && difference.Equal(limits, *submitted) {
		return nil // a program that is as it was does not undo an edit
	}
	patch, err := patchOf(limits)
	if err != nil {
		return err
	}
	_, err = x.service.UpdateExperiment(ctx, x.name, hone.Patch{Spec: patch})
	return err
}

// patchOf writes limits as a merge patch: what is left out of them is taken away.
func patchOf(l hone.Limits) ([]byte, error) {
	budget := map[string]any{"trials": nil, "failures": l.Budget.Failures, "duration": nil}
	if l.Budget.Trials > 0 {
		budget["trials"] = l.Budget.Trials
	}
	if l.Budget.Duration > 0 {
		budget["duration"] = l.Budget.Duration
	}
	patch := map[string]any{"budget": budget, "parallelism": nil, "stop": map[string]any{"plateau": l.Stop.Plateau}}
	if l.Parallelism > 0 {
		patch["parallelism"] = l.Parallelism
	}
	data, err := json.Marshal(patch)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the limits cannot be written: %w", err)
	}
	return data, nil
}
