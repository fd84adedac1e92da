package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// lookForNew is how often `hone watch` of all experiments looks what has changed.
const lookForNew = time.Second

// watcher prints events.
type watcher struct {
	app    *app
	out    io.Writer
	format string
	after  int64 // -1 for what happens from now on
	once   bool
}

func newWatchCommand(a *app) *cobra.Command {
	w := watcher{app: a}
	cmd := &cobra.Command{
		Use:   "watch [NAME]",
		Short: "Print what happens to an experiment, as it happens",
		Long: `Print every event of an experiment, a line each, from now on until the experiment has ended; without NAME those of
all experiments, until Ctrl-C. With --after N it begins behind the event with that sequence number, 0 for all: a program
that keeps the number of the last event that it saw misses none. When the connection breaks, it goes on where it was.
With -o json each line is an event as the API gives it, with the experiment's name and namespace.`,
		Example: `  hone watch digits
  hone watch digits --after 0 --once -o json > events.jsonl
  hone watch -o json | jq -c 'select(.type == "TrialEnded")'`,
		Args:              needs("[NAME]"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, []string{asText, asJSON})
	cmd.Flags().Int64Var(&w.after, "after", -1, "begin behind the event with this sequence number; 0 for all (default from now on)")
	cmd.Flags().BoolVar(&w.once, "once", false, "only what has happened already")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		w.out, w.format = a.stdout, *format
		if w.after < -1 {
			return usagef("--after must not be negative")
		}
		if len(args) == 0 {
			if w.after > 0 {
				return usagef("--after %d counts the events of one experiment: name it", w.after)
			}
			return a.with(cmd.Context(), func(s connection) error { return w.all(cmd.Context(), s) })
		}
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error { return w.one(cmd.Context(), s, name) })
	}
	return cmd
}

// one watches an experiment until it has ended.
func (w *watcher) one(ctx context.Context, s hone.Service, n hone.Name) error {
	ctx = tryItself(ctx)
	e, err := s.GetExperiment(ctx, n)
	if err != nil {
		return err
	}
	after := w.after
	if after < 0 {
		after = e.Status.Events
	}
	if after, err = w.catchUp(ctx, s, n, after, e.Status.Events); err != nil || w.once || over(e) {
		return err
	}
	return w.follow(ctx, s, e, after)
}

// follow prints what happens after an event, until the experiment has ended.
func (w *watcher) follow(ctx context.Context, s hone.Service, e hone.Experiment, after int64) error {
	b := w.app.newStubborn()
	b.begun = true
	n := nameOf(e)
	for batch, err := range events(ctx, s, n, after, b) {
		if err != nil {
			return err
		}
		ends := e.Status.State.Ended()
		for _, ev := range batch {
			if err := w.print(n, ev); err != nil {
				return err
			}
			after = ev.Sequence
			ends = ends || ev.Type == hone.EventEnded
		}
		if !ends {
			continue
		}
		err := b.until(ctx, func() (err error) { e, err = s.GetExperiment(ctx, n); return err })
		if err != nil || over(e) && e.Status.Events <= after {
			return err
		}
	}
	return ctx.Err()
}

func over(e hone.Experiment) bool { return e.Status.State.Ended() && e.Status.Counts.Running == 0 }

// catchUp prints the events after one, up to another.
func (w *watcher) catchUp(ctx context.Context, s hone.EventService, n hone.Name, after, to int64) (int64, error) {
	for after < to {
		batch, err := s.Events(ctx, n, after, false)
		if err != nil || len(batch) == 0 {
			return after, err
		}
		for _, ev := range batch {
			if err := w.print(n, ev); err != nil {
				return after, err
			}
			after = ev.Sequence
		}
	}
	return after, nil
}

// all watches all experiments, those that come too: one list tells which of them have changed.
func (w *watcher) all(ctx context.Context, s hone.Service) error {
	ctx = tryItself(ctx)
	b := w.app.newStubborn()
	seen := map[string]int64{}
	for first := true; ; {
		all, err := allExperiments(ctx, s, hone.ExperimentFilter{Namespace: w.app.namespace})
		for i := 0; err == nil && i < len(all); i++ {
			e := all[i]
			if first && w.after < 0 {
				seen[e.UID] = e.Status.Events
			}
			seen[e.UID], err = w.catchUp(ctx, s, nameOf(e), seen[e.UID], e.Status.Events)
		}
		if err == nil {
			b.answered()
			if first = false; w.once {
				return nil
			}
			sleep(ctx, lookForNew)
			err = ctx.Err()
		}
		if err != nil {
			if err := b.again(ctx, err); err != nil {
				return err
			}
		}
	}
}

// watchedEvent is a line of JSON.
type watchedEvent struct {
	Experiment string `json:"experiment"`
	Namespace  string `json:"namespace"`
	hone.Event
}

func (w *watcher) print(n hone.Name, ev hone.Event) error {
	if w.format == asJSON {
		enc := json.NewEncoder(w.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(watchedEvent{n.Name, n.Namespace, ev})
	}
	if ev.Type == hone.EventHeartbeat {
		return nil
	}
	of := n.String()
	if ev.Trial > 0 {
		of = trialReference(n, ev.Trial)
	}
	_, err := fmt.Fprintf(w.out, "%s  %-16s  %s%s\n", ev.Time.UTC().Format(time.RFC3339), ev.Type, of, clean(eventText(ev)))
	return err
}

// eventText says what an event brings, besides its type and trial.
func eventText(ev hone.Event) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if ev.Type == hone.EventTrialStarted {
		add("attempt %d", ev.Attempt)
	}
	if ev.Client != "" {
		add("client %s", ev.Client)
	}
	if ev.State != "" {
		add("%s", ev.State)
	}
	if ev.Value != nil {
		add("value %s", floatCell(*ev.Value).shown())
	}
	if l := ev.Limits; l != nil { // its message says the same in JSON
		add("%s, %s", budgetText(l.Budget), parallelismText(l.Parallelism))
		if p := l.Stop.Plateau; p != nil {
			add("ends after %s without improvement", plural(p.Trials, "trial"))
		}
	} else if text := failureText(ev.Reason, ev.Message); text != "" {
		add("%s", strings.TrimPrefix(text, ": "))
	}
	if len(ev.Parameters) > 0 {
		add("%s", parametersText(ev.Parameters))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, "  ")
}
