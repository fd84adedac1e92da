package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// flagError says for people what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var value interface {
		error
		GetValue() string
	}
	var unknown interface {
		error
		GetSpecifiedName() string
	}
	switch {
	case errors.As(err, &value):
		text, _, _ := strings.Cut(value.Error(), " flag: ")
		return fmt.Errorf("%s: %s", text, flagCause(errors.Unwrap(value)))
	case errors.As(err, &unknown) && strings.HasPrefix(err.Error(), "unknown flag"):
		if near := hone.Nearest(unknown.GetSpecifiedName(), flagNames(cmd)); near != "" {
			return fmt.Errorf("%w; did you mean --%s?", err, near)
		}
	}
	return err
}

// flagCause says why a value was not taken, in words that do not come from a library.
func flagCause(err error) string {
	var number *strconv.NumError
	switch {
	case err == nil:
		return "it is not valid"
	case strings.HasPrefix(err.Error(), "time: "):
		return "it must be a duration, such as 90s, 30m or 2h"
	case !errors.As(err, &number):
		return err.Error()
	case errors.Is(err, strconv.ErrRange):
		return "the number is too large"
	case number.Func == "ParseBool":
		return "it must be true or false"
	case number.Func == "ParseUint":
		return "it must be a whole number, 0 or more"
	}
	return "it must be a whole number"
}

var flagLine = regexp.MustCompile(`(?m)^ +(?:-\w, )?--([\w-]+)`)

// flagNames lists the flags of a command, as its help does.
func flagNames(cmd *cobra.Command) (names []string) {
	for _, m := range flagLine.FindAllStringSubmatch(cmd.Flags().FlagUsages(), -1) {
		names = append(names, m[1])
	}
	return names
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				if len(args) == 0 && c.IsAvailableCommand() && strings.HasPrefix(c.Name(), prefix) {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = noSuchCommand(cmd.Root(), rest)
			}
			if err != nil {
				return usageError{error: err, command: cmd.Root().Name()}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func newCompletionCommand(a *app) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print a script that completes commands, flags and names in a shell",
		Long: `Print a script that completes commands, flags, and the names of experiments and trials in a shell.

bash needs the package bash-completion, which most systems have, or offer under that name; a new shell
finds it. zsh needs "autoload -U compinit; compinit" in ~/.zshrc.`,
		Example: `  source <(hone completion bash)                                # in this shell; in ~/.bashrc: in every one
  hone completion zsh > "${fpath[1]}/_hone"
  hone completion fish > ~/.config/fish/completions/hone.fish
  hone completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args:      needs("SHELL"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		root := cmd.Root()
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(a.stdout, true)
		case "zsh":
			return root.GenZshCompletion(a.stdout)
		case "fish":
			return root.GenFishCompletion(a.stdout, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(a.stdout)
		}
		return usageError{error: fmt.Errorf("there is no completion for %q: it must be %s", args[0], alternatives(shells)), command: cmd.CommandPath()}
	}
	return cmd
}
