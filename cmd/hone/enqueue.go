package main

import (
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newEnqueueCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "enqueue NAME PARAMETER=VALUE...",
		Short: "Give a point to try next",
		Long: `Give a point to try before the algorithm's next ones. Parameters that are left out are drawn, within the
conditions and constraints of the experiment.`,
		Example: `  hone enqueue digits lr=0.01 optimizer=adam
  hone enqueue digits layers=3`,
		Args: needs("NAME", "PARAMETER=VALUE..."),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			return a.completeExperiments(cmd, args, prefix)
		},
	}
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
			point, err := parsePoint(e.Spec, args[1:])
			if err != nil {
				return err
			}
			queued, err := s.Enqueue(cmd.Context(), name, point)
			if err != nil {
				return err
			}
			a.stderr.print("%s will try %s", name, clean(queued.String()))
			a.sayWaiting(e, e)
			return nil
		})
	}
	return cmd
}

// parsePoint reads PARAMETER=VALUE words.
func parsePoint(spec hone.Spec, words []string) (map[string]hone.Value, error) {
	p := &importer{spec: spec}
	point := map[string]hone.Value{}
	for _, word := range words {
		name, text, ok := strings.Cut(word, "=")
		if !ok || name == "" {
			return nil, usagef("%q is not of the form PARAMETER=VALUE", word)
		}
		parameter := p.parameter(name)
		if parameter == nil {
			return nil, usagef("there is no parameter %q%s", name, p.near(name))
		}
		if _, twice := point[name]; twice {
			return nil, usagef("parameter %q is given twice", name)
		}
		v, err := parseValue(*parameter, text)
		if err != nil {
			return nil, usageError{error: fmt.Errorf("%s: %w", word, err)}
		}
		point[name] = v
	}
	return point, nil
}
