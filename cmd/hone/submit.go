package main

import (
	"context"
	"errors"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/spec"
	"github.com/spf13/cobra"
)

// submitOptions are the flags of hone submit.
type submitOptions struct {
	run  runOptions
	wait bool
}

func newSubmitCommand(a *app) *cobra.Command {
	var o submitOptions
	cmd := &cobra.Command{
		Use:   "submit FILE",
		Short: "Hand an experiment to a service",
		Long: `Hand the experiment of a file to a service, which runs it; FILE may be - for standard input. The service is
the one that owns the data directory, or the one that --server, --context or your current context name.

By the data directory, the service runs the trials as hone run would: in the folder of the file, with your
environment. Over the network, the file is all that travels: relative paths (of the program, of workdir) start from the folder
that the service was started in, and the trials see the service's environment, so use absolute paths and trial.env.

Handing it in again goes on with it, with the limits of the file, if nothing else differs. With --wait its progress is
shown as by hone run, and the exit code is that of the experiment. Ctrl-C ends only the showing.`,
		Example: `  hone submit experiment.yaml
  hone submit experiment.yaml --wait --trials 100
  hone submit experiment.yaml --server https://hone.example.org --name digits-2`,
		Args: needs("FILE"),
	}
	format := outputFlag(cmd, listFormats())
	o.run.overrides.register(cmd)
	cmd.Flags().BoolVarP(&o.wait, "wait", "w", false, "show its progress until it has ended")
	cmd.Flags().BoolVarP(&o.run.quiet, "quiet", "q", false, "show no progress, only the leaderboard at the end")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.run.file, o.run.format = args[0], *format
		return a.submit(cmd.Context(), o)
	}
	return cmd
}

func (a *app) submit(ctx context.Context, o submitOptions) error {
	file, err := a.readFile(o.run.file)
	if err != nil {
		return err
	}
	a.joins = true
	return a.withCreating(ctx, func(s connection) error {
		reply, again, err := a.handOver(ctx, s, file, o)
		if err != nil {
			return err
		}
		for _, w := range reply.Warnings {
			a.stderr.print("warning: %s", clean(w))
		}
		name := nameOf(reply.Experiment)
		if !o.wait {
			what := "is handed in"
			switch st := reply.Experiment.Status; {
			case st.State.Ended():
				a.stderr.print("%s was there, and has ended as %s (%s): `%s` with a higher limit may let it go on, `%s` forgets it", name, st.State, st.Reason,
					a.hint("edit", name.String()), a.hint("delete", name.String()))
				return nil
			case !reply.Created:
				what = "was there, and goes on"
			}
			a.stderr.print("%s %s: `%s` watches it", name, what, a.hint("leaderboard", name.String())+" --watch")
			return nil
		}
		if !reply.Created && reply.Experiment.Status.State.Ended() && reply.Experiment.Status.Counts.Running == 0 {
			return a.showEnded(ctx, s, reply.Experiment, o.run)
		}
		if !o.run.quiet {
			a.greet(s, reply)
		}
		e, err := a.onlook(ctx, s, reply, a.shower(o.run.quiet), again)
		if errors.Is(err, errInterrupted) {
			a.stderr.print("hone: no longer watching %s, which goes on: `%s` looks at it, `%s` ends it", name,
				a.hint("get", name.String()), a.hint("stop", name.String()))
			return saidError{errInterrupted}
		}
		if err != nil {
			return err
		}
		return a.finish(context.WithoutCancel(ctx), s, e, o.run)
	})
}

// handOver gives the experiment to the service: over the socket as hone run does, over the network as a document, and so
// where its trials are run by whoever asks for them. again is for a service that has been started anew.
func (a *app) handOver(ctx context.Context, s connection, file inputFile, o submitOptions) (reply hone.RunReply, again func(context.Context) error, err error) {
	again = func(context.Context) error { return nil } // it goes on by itself
	overrides := o.run.overrides.overrides(a.namespace)
	offered, err := s.Algorithms(ctx) // they decide what is valid
	if err != nil {
		return reply, again, err
	}
	read, err := spec.New(offered).Decode(file.content, overrides)
	if err != nil {
		return reply, again, inFile(file.name, err)
	}
	if a.server != "" || read.Experiment.Spec.External() {
		reply, err = a.handDocument(ctx, s, read)
		return reply, again, inFile(file.name, err)
	}
	request := hone.RunRequest{Document: file.content, Directory: file.folder, Environment: a.environ(), Overrides: overrides,
		Retention: hone.Retention{Size: defaultKeep}}
	reply, err = s.RunExperiment(ctx, request)
	return reply, func(ctx context.Context) error {
		_, err := s.RunExperiment(ctx, request)
		return err
	}, inFile(file.name, err)
}

// handDocument creates an experiment, or goes on with the one that is there.
func (a *app) handDocument(ctx context.Context, s connection, read hone.Document) (hone.RunReply, error) {
	name := nameOf(read.Experiment)
	_, err := s.GetExperiment(ctx, name)
	reply := hone.RunReply{Created: errors.Is(err, hone.NotFound), Warnings: read.Warnings}
	if err != nil && !reply.Created {
		return reply, err
	}
	if _, err := client.Submit(ctx, s, read.Experiment); err != nil {
		return reply, err
	}
	reply.Experiment, err = s.GetExperiment(ctx, name)
	return reply, err
}
