package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/suggest/remote"
	"github.com/hone-tuner/hone/trials"
	"github.com/hone-tuner/hone/trials/kube"
	"github.com/spf13/cobra"
)

// validDocument is what hone validate says in JSON of a file without mistakes.
type validDocument struct {
	Experiment planned    `json:"experiment"`
	Warnings   []string   `json:"warnings"`
	FirstTrial firstTrial `json:"firstTrial"`
}

// planned is an experiment that has not been created: what creation gives it is left out.
type planned struct {
	hone.Experiment
	UID     string       `json:"uid,omitzero"`
	Created time.Time    `json:"created,omitzero"`
	Status  *hone.Status `json:"status,omitempty"`
}

// firstTrial is the trial that would be run first. One on Kubernetes has an object in place of the command; an external
// experiment's has neither.
type firstTrial struct {
	Name       string           `json:"name"`
	Parameters hone.Assignments `json:"parameters"`
	Command    []string         `json:"command,omitempty"`
	Workdir    string           `json:"workdir,omitempty"`
	Env        []string         `json:"env,omitempty"`
	Object     map[string]any   `json:"object,omitempty"`
}

func newValidateCommand(a *app) *cobra.Command {
	var overrides overrideFlags
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a file, and show the first trial that it makes",
		Long: `Check an experiment file and tell all of its mistakes, each with its line. Of a file without any, show what it
asks for and the first trial as it would be run: the parameters, the command, the environment; of a trial on
Kubernetes the object, without what collects its metrics. Nothing is run, nothing is stored, and no cluster is
asked. FILE may be - for standard input.`,
		Example: `  hone validate experiment.yaml
  hone validate experiment.yaml --algorithm grid -o json`,
		Args: needs("FILE"),
	}
	format := outputFlag(cmd, thingFormats())
	overrides.register(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		file, err := a.readFile(args[0])
		if err != nil {
			return err
		}
		d, err := a.validate(cmd.Context(), file, overrides.overrides(a.namespace))
		if err != nil {
			return inFile(file.name, err)
		}
		for _, w := range d.Warnings {
			a.stderr.print("warning: %s", clean(w))
		}
		if *format != asText {
			return a.printDocument(d, *format)
		}
		_, err = io.WriteString(a.stdout, describeValid(file.name, d))
		return err
	}
	return cmd
}

// validate reads a file and makes its first trial, as the controller would.
func (a *app) validate(ctx context.Context, file inputFile, o hone.Overrides) (validDocument, error) {
	decoder := spec.New(catalog())
	doc, err := decoder.Decode(file.content, o)
	if err != nil {
		return validDocument{}, err
	}
	e := doc.Experiment
	e.Directory = file.folder
	if e.Namespace == "" {
		e.Namespace = hone.DefaultNamespace
	}
	d := validDocument{Experiment: planned{Experiment: e}, Warnings: append([]string{}, doc.Warnings...)}
	if e.Spec.Algorithm.Seed == nil {
		d.Warnings = append(d.Warnings, "spec.algorithm.seed is not given: it is drawn when the experiment is created, and with it other points than these")
	}
	space, err := e.Spec.SearchSpace.Compile(decoder)
	if err != nil {
		return d, err
	}
	point, warnings, err := a.firstPoint(ctx, e, space)
	if err != nil {
		return d, err
	}
	d.Warnings = append(d.Warnings, warnings...)
	if d.FirstTrial, err = renderFirst(e, point); err == nil {
		d.Warnings = append(d.Warnings, a.missing(e.Spec, d.FirstTrial)...)
	}
	return d, err
}

// firstPoint is the first initial point, or else the algorithm's first suggestion. A suggestion service is not
// asked for one: it may count what it proposed. It is asked whether it accepts the experiment.
func (a *app) firstPoint(ctx context.Context, e hone.Experiment, space *hone.Space) (point hone.Assignments, warnings []string, err error) {
	var seed uint64
	if e.Spec.Algorithm.Seed != nil {
		seed = *e.Spec.Algorithm.Seed
	}
	services := newServices(a.logger())
	defer func() { err = errors.Join(err, services.Close()) }()
	suggester := newSuggester(services, a.logger())
	if err := suggester.Check(ctx, e); errors.Is(err, hone.InvalidArgument) {
		return nil, nil, err
	} else if err != nil {
		warnings = append(warnings, fmt.Sprintf("the settings of the algorithm %s could not be checked: %v", e.Spec.Algorithm.Name, err))
	}
	rng := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // reproducible, not secret
	switch {
	case len(e.Spec.Initial) > 0:
		point, err = space.Complete(e.Spec.Initial[0], rng)
		return point, warnings, err
	case e.Spec.Algorithm.Name == remote.Name:
		point, err = space.Complete(nil, rng)
		return point, append(warnings, "the first trial is shown with a point at random: the suggestion service is not asked for one before the experiment runs"), err
	}
	const uid = "validate"
	got, err := suggester.Suggest(ctx, uid, e.Spec.Algorithm, hone.Request{Space: space, Objective: e.Spec.Objective,
		Settings: e.Spec.Algorithm.Settings, Seed: seed, Number: 1, Count: 1, Budget: e.Spec.Budget.Trials, History: hone.NewHistory(uid)})
	if err != nil {
		return nil, nil, err
	}
	if len(got) == 0 {
		return nil, nil, hone.Errorf(hone.InvalidArgument, "spec.parameters: the algorithm %s has no point to propose", e.Spec.Algorithm.Name)
	}
	return got[0].Parameters, warnings, nil
}

func renderFirst(e hone.Experiment, point hone.Assignments) (first firstTrial, err error) {
	t := hone.Trial{Experiment: e.Name, Number: 1, Attempt: 1, Parameters: point}
	first = firstTrial{Name: t.Name(), Parameters: point}
	switch {
	case e.Spec.External():
	case onKubernetes(e.Spec):
		first.Object, err = kube.Render(hone.Launch{Experiment: e, Trial: t})
	default:
		var program trials.Program
		program, err = trials.Render(e, t)
		first.Command, first.Workdir, first.Env = program.Args, program.Dir, program.Env
	}
	return first, err
}

// onKubernetes reports whether the trials of an experiment need a cluster.
func onKubernetes(s hone.Spec) bool {
	return s.Trial != nil && (s.Trial.Image != "" || len(s.Trial.Manifest) > 0)
}

func describeValid(file string, d validDocument) string {
	var b description
	e := d.Experiment.Experiment
	b.add("objective", "%s", objectiveText(e.Spec.Objective))
	b.add("parameters", "%d", len(e.Spec.Parameters))
	b.add("budget", "%s", budgetText(e.Spec.Budget))
	if e.Spec.Parallelism > 0 {
		b.add("parallelism", "%d", e.Spec.Parallelism)
	}
	b.add("algorithm", "%s", algorithmText(e.Spec.Algorithm))
	b.add("first trial", "%s", d.FirstTrial.Name)
	for i, x := range d.FirstTrial.Parameters {
		name := ""
		if i == 0 {
			name = "parameters"
		}
		b.facts = append(b.facts, [2]string{"  " + name, x.Parameter + "=" + x.Value.String()})
	}
	heading := clean(file) + " is valid: experiment " + hone.Name{Namespace: e.Namespace, Name: e.Name}.String() + "\n"
	if d.FirstTrial.Object != nil {
		return heading + b.String() + describeObject(e.Spec, d.FirstTrial.Object)
	}
	b.add("  folder", "%s", d.FirstTrial.Workdir)
	b.add("  command", "%s", strings.Join(quoteAll(d.FirstTrial.Command), " "))
	env := d.FirstTrial.Env
	if d.FirstTrial.Command != nil {
		env = append(slices.Clone(env), strings.Join(whenStarted(), ", ")+": known when it starts")
	}
	for i, x := range env {
		name := ""
		if i == 0 {
			name = "environment"
		}
		b.facts = append(b.facts, [2]string{"  " + name, x})
	}
	if d.FirstTrial.Command == nil {
		b.add("  command", "none: its trials are run by whoever asks for them")
	}
	return heading + b.String()
}
