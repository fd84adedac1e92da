package main

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// loginOptions are the flags of hone login.
type loginOptions struct {
	name       string
	tokenStdin bool
	tokenFile  string
}

func newLoginCommand(a *app) *cobra.Command {
	var o loginOptions
	cmd := &cobra.Command{
		Use:   "login URL",
		Short: "Keep the address of a service and your token, for all commands",
		Long: `Keep the address of a service and your token as a context, which becomes the current one. The token is asked
for on a terminal, read from standard input or a file, or taken from HONE_TOKEN; never from the command line, where others could
see it. It is tried before it is kept, in a file that only you can read (contexts.yaml in ~/.config/hone, or in
XDG_CONFIG_HOME). A service that asks for no token needs none.`,
		Example: `  hone login https://hone.example.org
  hone login https://hone.example.org --name team --token-stdin < token
  hone login http://127.0.0.1:7070 --token-file admin.token`,
		Args:        needs("URL"),
		Annotations: map[string]string{worksHere: ""},
	}
	cmd.Flags().StringVar(&o.name, "name", "", "what the context is called (default: the host of the address)")
	cmd.Flags().BoolVar(&o.tokenStdin, "token-stdin", false, "read the token from standard input")
	cmd.Flags().StringVar(&o.tokenFile, "token-file", "", "read the token from a file")
	cmd.MarkFlagsMutuallyExclusive("token-stdin", "token-file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.login(cmd.Context(), args[0], o)
	}
	return cmd
}

func (a *app) login(ctx context.Context, server string, o loginOptions) error {
	if err := checkServer(server); err != nil {
		return err
	}
	server = tidyServer(server)
	if o.name == "" {
		u, err := url.Parse(server)
		if err != nil {
			return err
		}
		o.name = strings.NewReplacer("[", "", "]", "").Replace(u.Host)
	}
	if err := checkContextName(o.name); err != nil {
		return err
	}
	f, err := a.loadContexts()
	if err != nil {
		return err
	}
	token, err := a.readToken(ctx, server, o)
	if err != nil {
		return err
	}
	p := place{server: server, token: token, caFile: a.where.caFile, insecure: a.where.insecure}
	if err := a.tryLogin(ctx, p); err != nil {
		return err
	}
	c := savedContext{Server: server, Token: token, Insecure: p.insecure}
	if p.caFile != "" {
		if c.CAFile, err = filepath.Abs(p.caFile); err != nil {
			return err
		}
	}
	f.Contexts[o.name], f.Current = c, o.name
	if err := f.save(); err != nil {
		return err
	}
	a.stderr.print("logged in to %s; the context %s is the current one", server, o.name)
	a.sayWhatHidesContext()
	return nil
}

// readToken gets the token from where it was said to be; "" where there is none to be had.
func (a *app) readToken(ctx context.Context, server string, o loginOptions) (string, error) {
	const most = 64 << 10
	switch {
	case o.tokenStdin:
		content, err := readBounded(a.stdin, standardInput, most)
		return checkToken(oneLine(content), "standard input", err)
	case o.tokenFile != "":
		file, err := os.Open(o.tokenFile)
		if err != nil {
			return "", hone.Errorf(hone.InvalidArgument, "the token cannot be read: %w", err)
		}
		defer func() { _ = file.Close() }()
		content, err := readBounded(file, o.tokenFile, most)
		return checkToken(oneLine(content), o.tokenFile, err)
	case a.getenv(tokenVariable) != "":
		return checkToken(a.getenv(tokenVariable), tokenVariable, nil)
	case a.mayAsk:
		return a.askToken(ctx, server)
	}
	return "", nil
}

func checkToken(token, where string, err error) (string, error) {
	if err == nil && (token == "" || strings.ContainsAny(token, " \t\r\n")) {
		err = usagef("there is no token in %s: it must hold one token and nothing else", where)
	}
	return token, err
}

// askToken asks on the terminal, without showing what is typed.
func (a *app) askToken(ctx context.Context, server string) (string, error) {
	in, ok := a.stdin.(*os.File)
	if !ok {
		return "", nil
	}
	before, err := term.GetState(int(in.Fd()))
	if err != nil {
		return "", nil //nolint:nilerr // no terminal, nobody to ask
	}
	a.stderr.ask("token for %s (empty for none): ", server)
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() { // a read from a terminal cannot be cut off
		text, err := term.ReadPassword(int(in.Fd()))
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(int(in.Fd()), before))
	case got := <-answers:
		a.stderr.print("")
		return oneLine(got.text), got.err
	}
}

// tryLogin makes sure that a service is there and lets the bearer of the token in.
func (a *app) tryLogin(ctx context.Context, p place) error {
	if p.token != "" && strings.HasPrefix(p.server, "http:") && !loopbackServer(p.server) {
		a.stderr.print("warning: over http:// everybody on the way can read the token; use https:// where you can")
	}
	s, err := a.remoteSession(p)
	if err != nil {
		return err
	}
	err = ping(ctx, s)
	switch {
	case errors.Is(err, hone.Unauthenticated) && p.token == "":
		return hone.Errorf(hone.PermissionDenied, "%s needs a token: give it with --token-stdin, --token-file or in %s; whoever runs the service makes one with `hone token create`", p.server, tokenVariable)
	case errors.Is(err, hone.Unauthenticated):
		return hone.Errorf(hone.PermissionDenied, "%s does not take this token, and nothing was kept: %s", p.server, err)
	case errors.Is(err, hone.PermissionDenied):
		return hone.Errorf(hone.PermissionDenied, "the token may not even look at experiments, and nothing was kept: %w", err)
	}
	return err
}

func newLogoutCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "logout [CONTEXT]",
		Short: "Forget the current context, or another one, with its token",
		Long: `Forget the current context, or another one, with its token. The token itself stays valid: hone token
revoke makes it worthless.`,
		Example:           `  hone logout`,
		Args:              needs("[CONTEXT]"),
		ValidArgsFunction: a.completeContexts,
		Annotations:       map[string]string{worksHere: ""},
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := a.loadContexts()
			if err != nil {
				return err
			}
			name := f.Current
			if len(args) > 0 {
				name = args[0]
			} else if a.where.context != "" {
				name = a.where.context
			}
			if name == "" {
				return errNoContext
			}
			if _, err := f.get(name); err != nil {
				return err
			}
			return a.forgetContext(f, name)
		},
	}
}
