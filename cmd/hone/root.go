package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// The groups under which `hone help` lists the commands.
const (
	groupStart = "start"
	groupLook  = "look"
	groupSteer = "steer"
	groupServe = "serve"
)

// run executes the command that the arguments name.
func (a *app) run(ctx context.Context, args []string) int {
	root := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
	case !a.begun:
		err = usageError{error: err, command: cmd.CommandPath()}
	case ctx.Err() != nil && errors.Is(err, hone.Unavailable):
		err = context.Canceled // the call was cut off
	}
	report(a.stderr, err)
	return exitCode(err)
}

func newRootCommand(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "hone",
		Short: "Tune hyperparameters: the best trial, and trust in it",
		Long: strings.TrimSpace(`
Hone tunes hyperparameters. You write one file that says what to optimise, which parameters may vary and
how one training run (a trial) is started; hone runs the trials, collects what they print, stops what is
hopeless, and shows the ranking while it happens.

Exit codes: 0 done; 1 failed, or not found; 2 wrong usage, or an invalid file; 130 interrupted, with
everything saved.`),
		Example: `  hone init                     # write experiment.yaml, with comments
  hone run experiment.yaml      # run it here; run it again to go on
  hone leaderboard digits       # the ranking, also from another terminal`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noSuchCommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.rememberGiven(cmd)
			if err := a.checkGlobals(); err != nil {
				return err
			}
			a.settle(cmd)
			a.begun = true
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	a.globalFlags(root)
	root.AddGroup(&cobra.Group{ID: groupStart, Title: "Begin:"}, &cobra.Group{ID: groupLook, Title: "Look:"},
		&cobra.Group{ID: groupSteer, Title: "Steer:"},
		&cobra.Group{ID: groupServe, Title: "A service for many:"})
	for _, group := range []struct {
		id       string
		commands []*cobra.Command
	}{
		{groupStart, []*cobra.Command{newRunCommand(a), newInitCommand(a), newValidateCommand(a), newAlgorithmsCommand(a), newSchemaCommand(a)}},
		{groupLook, []*cobra.Command{newListCommand(a), newGetCommand(a), newLeaderboardCommand(a), newBestCommand(a),
			newTrialsCommand(a), newTrialCommand(a), newLogsCommand(a), newMetricsCommand(a), newWatchCommand(a), newExportCommand(a)}},
		{groupSteer, []*cobra.Command{newPauseCommand(a), newResumeCommand(a), newStopCommand(a), newEditCommand(a),
			newEnqueueCommand(a), newImportCommand(a), newStopTrialCommand(a), newRetryTrialCommand(a), newDeleteCommand(a)}},
		{groupServe, []*cobra.Command{newServeCommand(a), newSubmitCommand(a), newLoginCommand(a), newLogoutCommand(a), newContextCommand(a), newTokenCommand(a),
			newBackupCommand(a), newCheckCommand(a), newCompactCommand(a)}},
	} {
		for _, c := range group.commands {
			c.GroupID = group.id
			root.AddCommand(c)
		}
	}
	root.AddCommand(newVersionCommand(a), newCompletionCommand(a), newSuggestionServiceCommand(a), newSuperviseCommand(a))
	root.SetHelpCommand(newHelpCommand())
	root.SetFlagErrorFunc(flagError)
	return root
}

func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	a.where.changed = f.Changed
	f.StringVar(&a.where.dataDir, "data-dir", defaultDataDir, "folder where experiments are kept (HONE_DATA)")
	f.StringVar(&a.where.server, "server", "", "address of a service to talk to, instead of the data directory (HONE_SERVER)")
	f.StringVar(&a.where.context, "context", "", "service to talk to, by the name under which you have logged in (HONE_CONTEXT)")
	f.StringVar(&a.where.caFile, "ca-file", "", "certificates, PEM, that the service's may be signed with, instead of the system's (HONE_CA_FILE)")
	f.BoolVar(&a.where.insecure, "insecure-skip-verify", false, "do not check the service's certificate: anybody on the way can pass for it")
	f.StringVarP(&a.namespace, "namespace", "n", "", "namespace of the experiment (default \"default\")")
	f.StringVar(&a.logLevel, "log-level", "warn", "what is logged to stderr: trace, debug, info, warn, error or off")
	_ = root.RegisterFlagCompletionFunc("log-level", cobra.FixedCompletions(logLevels(), cobra.ShellCompDirectiveNoFileComp))
	_ = root.RegisterFlagCompletionFunc("context", a.completeContextFlag)
	_ = root.MarkPersistentFlagDirname("data-dir")
	_ = root.MarkPersistentFlagFilename("ca-file")
}

func logLevels() []string { return []string{"trace", "debug", "info", "warn", "error", "off"} }

func (a *app) checkGlobals() error {
	if a.where.dataDir == "" {
		return errors.New("--data-dir is empty: name a folder, or leave it out for " + defaultDataDir)
	}
	for _, level := range logLevels() {
		if a.logLevel == level {
			return nil
		}
	}
	return fmt.Errorf("invalid argument %q for --log-level: it must be %s", a.logLevel, alternatives(logLevels()))
}
