package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hone-tuner/hone"
)

// experimentName reads the name of an experiment, with or without its namespace in front: digits,
// vision/digits.
func (a *app) experimentName(arg string) (hone.Name, error) {
	n := hone.Name{Namespace: a.namespace, Name: arg}
	if namespace, name, ok := strings.Cut(arg, "/"); ok {
		if a.namespace != "" && a.namespace != namespace {
			return n, usagef("%s is not in the namespace %s", arg, a.namespace)
		}
		n = hone.Name{Namespace: namespace, Name: name}
	}
	if n.Namespace == "" {
		n.Namespace = hone.DefaultNamespace
	}
	if n.Name == "" {
		return n, usagef("%q is not the name of an experiment; they look like digits", arg)
	}
	return n, nil
}

// trialName reads the name of a trial: digits-0017, vision/digits-0017.
func (a *app) trialName(arg string) (hone.Name, int, error) {
	n, err := a.experimentName(arg)
	if err != nil {
		return n, 0, err
	}
	experiment, number, err := hone.ParseTrialName(n.Name)
	n.Name = experiment
	if err != nil {
		return n, 0, usageError{error: fmt.Errorf("%w; `hone trials NAME` lists them", err)}
	}
	return n, number, nil
}

// nameOf is the name of an experiment.
func nameOf(e hone.Experiment) hone.Name { return hone.Name{Namespace: e.Namespace, Name: e.Name} }

// experimentFolder is where the trials of an experiment have their folders, for people to read; empty when
// they are on another machine.
func (a *app) experimentFolder(e hone.Experiment) string {
	if a.server != "" || e.UID == "" || e.Spec.External() {
		return ""
	}
	return filepath.Join(a.dataDir, "trials", e.Name+"-"+e.UID)
}

// trialFolder is the folder of one trial.
func (a *app) trialFolder(e hone.Experiment, number int) string {
	folder := a.experimentFolder(e)
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, hone.TrialName(e.Name, number))
}
