package main

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newGetCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get NAME",
		Short: "Show an experiment: what was asked for, and how far it has come",
		Example: `  hone get digits
  hone get digits -o yaml`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, thingFormats())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			if *format != asText {
				return a.printDocument(e, *format)
			}
			_, err = io.WriteString(a.stdout, a.describeExperiment(e, held(cmd.Context(), s, e)))
			return err
		})
	}
	return cmd
}

// describeExperiment describes an experiment; held says why it gets no new trials, if that is so.
func (a *app) describeExperiment(e hone.Experiment, held string) string {
	var d description
	d.add("name", "%s", e.Name)
	d.add("namespace", "%s", e.Namespace)
	d.add("state", "%s", standing(string(e.Status.State), a.shownReason(e), e.Status.Message))
	d.add("held up", "%s", held)
	d.add("objective", "%s", objectiveText(e.Spec.Objective))
	if b := e.Status.Best; b != nil {
		d.add("best", "%s by %s with %s", b.Value, b.Trial, parametersText(b.Parameters))
	}
	d.add("trials", "%s", countsText(e.Status.Counts))
	if n := e.Status.Imported; n > 0 {
		d.add("imported", "%s", plural(n, "trial"))
	}
	if n := len(e.Status.Queue); n > 0 {
		d.add("queue", "%s to try next", plural(n, "point"))
	}
	d.add("budget", "%s", budgetText(e.Spec.Budget))
	if n := e.Spec.Parallelism; n > 0 {
		d.add("parallelism", "%d", n)
	}
	d.add("algorithm", "%s", algorithmText(e.Spec.Algorithm))
	if name := e.Spec.EarlyStopping.Name; name != "" && name != "none" {
		d.add("early stopping", "%s", name)
	}
	if t := e.Spec.Trial; t != nil && len(t.Manifest) > 0 {
		d.add("manifest", "%s", manifestKind(t.Manifest))
	} else if t != nil {
		d.add("image", "%s", t.Image)
		d.add("command", "%s", strings.Join(quoteAll(t.Command), " "))
	} else {
		d.add("command", "none: its trials are run by whoever asks for them")
	}
	d.add("created", "%s", e.Created.UTC().Format(time.RFC3339))
	if e.Status.EndTime != nil {
		d.add("ended", "%s", e.Status.EndTime.UTC().Format(time.RFC3339))
	}
	if active := activeTime(e, a.now()); active > 0 {
		d.add("running time", "%s", clock(active))
	}
	if !onKubernetes(e.Spec) {
		d.add("paths start in", "%s", e.Directory) // the folder of the file, or the service's: which of them, nothing tells
	}
	d.add("trials' folder", "%s", a.experimentFolder(e))
	table := a.textTable(spaceListing(e.Spec.SearchSpace), false)
	d.tail = append([]string{""}, strings.Split(strings.TrimRight(table, "\n"), "\n")...)
	for i, c := range e.Spec.Constraints {
		if i == 0 {
			d.tail = append(d.tail, "", "constraints")
		}
		d.tail = append(d.tail, "  "+clean(c))
	}
	return d.String()
}

// spaceListing describes the parameters of a search space.
func spaceListing(s hone.SearchSpace) listing {
	l := listing{columns: []column{{name: "parameter"}, {name: "values"}, {name: "scale"}, {name: "when"}}}
	for i, p := range s.Parameters {
		var when []string
		for _, c := range p.Conditions {
			values := make([]string, len(c.Values))
			for k, v := range c.Values {
				values[k] = v.String()
			}
			when = append(when, c.Parameter+" is "+strings.Join(values, " or "))
		}
		l.rows = append(l.rows, row{key: i, cells: []cell{textCell(p.Name), textCell(p.Domain()), textCell(string(p.Scale)), textCell(strings.Join(when, ", "))}})
	}
	return l
}

// activeTime is how long the experiment has been running by now.
func activeTime(e hone.Experiment, now time.Time) time.Duration {
	active := time.Duration(e.Status.Active)
	if e.Status.State == hone.ExperimentRunning && !e.Status.Seen.IsZero() && now.After(e.Status.Seen) {
		active += now.Sub(e.Status.Seen)
	}
	return active
}

// quoteAll writes the words of a command so that their ends can be seen.
func quoteAll(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quoteWord(w)
	}
	return out
}

// manifestKind names what a manifest describes, such as PyTorchJob (kubeflow.org/v1).
func manifestKind(manifest []byte) string {
	var of struct{ APIVersion, Kind string }
	if json.Unmarshal(manifest, &of) != nil {
		return "an object"
	}
	return of.Kind + " (" + of.APIVersion + ")"
}
