package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newContextCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "context",
		Short: "Choose between services that you are logged in to",
		Long: `A context is a service that you have logged in to: its address and your token, under a name. One of them is
the current one, and commands talk to it where nothing else is said.

Where a command looks, the first of these that there is: --server, --context or --data-dir; HONE_SERVER,
HONE_CONTEXT or HONE_DATA, in this order; a folder .hone here; the current context. hone run always works
here: it knows no contexts.`,
		Example: `  hone login https://hone.example.org --name team
  hone context list
  hone context use team
  hone list --context team`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newContextListCommand(a), newContextUseCommand(a), newContextShowCommand(a), newContextDeleteCommand(a))
	return cmd
}

// contextDocument is a context as it is shown: without its token.
type contextDocument struct {
	Name     string `json:"name"`
	Server   string `json:"server"`
	Current  bool   `json:"current"`
	Token    bool   `json:"token"` // whether there is one
	CAFile   string `json:"caFile,omitempty"`
	Insecure bool   `json:"insecureSkipVerify,omitempty"`
}

func (f *contextFile) document(name string) contextDocument {
	c := f.Contexts[name]
	return contextDocument{Name: name, Server: c.Server, Current: name == f.Current, Token: c.Token != "", CAFile: c.CAFile, Insecure: c.Insecure}
}

func newContextListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the contexts; the current one has a star",
		Example: `  hone context list -o json`,
		Args:    needs(),
	}
	format := outputFlag(cmd, listFormats())
	cmd.RunE = func(*cobra.Command, []string) error {
		f, err := a.loadContexts()
		if err != nil {
			return err
		}
		names := sortedNames(f.Contexts)
		l := listing{
			empty:   "no contexts: `hone login URL` makes one",
			columns: []column{{name: "current"}, {name: "name"}, {name: "server"}, {name: "token"}},
			document: func(keys []int) any {
				out := []contextDocument{}
				for _, k := range keys {
					out = append(out, f.document(names[k]))
				}
				return map[string]any{"contexts": out}
			},
		}
		for i, name := range names {
			d := f.document(name)
			star, token := "", "none"
			if d.Current {
				star = "*"
			}
			if d.Token {
				token = "stored"
			}
			l.rows = append(l.rows, row{key: i, cells: []cell{textCell(star), textCell(name), textCell(d.Server), textCell(token)}})
		}
		return a.print(l, *format)
	}
	return cmd
}

func newContextUseCommand(a *app) *cobra.Command {
	return a.contextCommand(&cobra.Command{
		Use:     "use CONTEXT",
		Short:   "Make a context the current one",
		Example: `  hone context use team`,
	}, func(f *contextFile, name string) error {
		f.Current = name
		if err := f.save(); err != nil {
			return err
		}
		a.stderr.print("the current context is %s, %s", name, f.Contexts[name].Server)
		a.sayWhatHidesContext()
		return nil
	})
}

func newContextShowCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show [CONTEXT]",
		Short:   "Show a context, or the current one",
		Example: `  hone context show -o json`,
		Args:    needs("[CONTEXT]"),
	}
	cmd.ValidArgsFunction = a.completeContexts
	format := outputFlag(cmd, thingFormats())
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		f, err := a.loadContexts()
		if err != nil {
			return err
		}
		name := f.Current
		if len(args) > 0 {
			name = args[0]
		}
		if name == "" {
			return errNoContext
		}
		if _, err := f.get(name); err != nil {
			return err
		}
		doc := f.document(name)
		if *format != asText {
			return a.printDocument(doc, *format)
		}
		var d description
		d.add("context", "%s", name)
		d.add("server", "%s", doc.Server)
		d.add("current", "%s", yesNo(doc.Current))
		d.add("token", "%s", map[bool]string{true: "stored", false: "none"}[doc.Token])
		d.add("certificates", "%s", doc.CAFile)
		if doc.Insecure {
			d.add("certificates", "%s", "not checked")
		}
		_, err = a.stdout.Write([]byte(d.String()))
		return err
	}
	return cmd
}

func newContextDeleteCommand(a *app) *cobra.Command {
	return a.contextCommand(&cobra.Command{
		Use:     "delete CONTEXT",
		Aliases: []string{"rm"},
		Short:   "Forget a context and its token",
		Long:    "Forget a context and its token. The token itself stays valid: hone token revoke makes it worthless.",
		Example: `  hone context delete team`,
	}, a.forgetContext)
}

func (a *app) forgetContext(f *contextFile, name string) error {
	delete(f.Contexts, name)
	if f.Current == name {
		f.Current = ""
	}
	if err := f.save(); err != nil {
		return err
	}
	a.stderr.print("the context %s is forgotten, and its token with it; where the token itself is to end, `hone token revoke` does it", name)
	return nil
}

// contextCommand completes a command that does something with one context.
func (a *app) contextCommand(cmd *cobra.Command, do func(f *contextFile, name string) error) *cobra.Command {
	cmd.Args = needs("CONTEXT")
	cmd.ValidArgsFunction = a.completeContexts
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		f, err := a.loadContexts()
		if err != nil {
			return err
		}
		if _, err := f.get(args[0]); err != nil {
			return err
		}
		return do(f, args[0])
	}
	return cmd
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// sayWhatHidesContext tells what commands use instead of the current context, from this folder and environment.
func (a *app) sayWhatHidesContext() {
	for _, name := range []string{serverVariable, contextVariable, dataVariable} {
		if a.getenv(name) != "" {
			a.stderr.print("while %s is set, commands use that instead", name)
			return
		}
	}
	if a.hasLocalData() {
		a.stderr.print("in this folder commands use %s instead, unless --context is given", defaultDataDir)
	}
}

// completeContexts offers the names of contexts as the one argument of a command.
func (a *app) completeContexts(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeContextFlag(cmd, args, prefix)
}

// completeContextFlag offers the names of contexts.
func (a *app) completeContextFlag(_ *cobra.Command, _ []string, prefix string) (names []string, _ cobra.ShellCompDirective) {
	f, err := a.loadContexts()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, name := range sortedNames(f.Contexts) {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
