package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

func newTokenCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Hand out tokens for a service, and take them back",
		Long: `Tokens let people and programs use a service over the network. Each has a role (viewer looks; editor creates,
steers and deletes experiments, and so starts programs, and runs trials for them; admin also hands out tokens), and may be limited to namespaces and
in time. Only their hashes are kept. In the folder of the data directory, or by the socket, no token is needed.`,
		Example: `  hone token create ci --role editor --namespace vision --expires 90d > ci.token
  hone token list
  hone token revoke 6f1c2a`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenCreateCommand(a), newTokenListCommand(a), newTokenRevokeCommand(a))
	return cmd
}

// tokens calls f with what hands out tokens.
func (a *app) tokens(ctx context.Context, with func(context.Context, func(connection) error) error, f func(hone.TokenService) error) error {
	return with(ctx, func(s connection) error {
		t, ok := s.(hone.TokenService)
		if !ok {
			return hone.Errorf(hone.Unimplemented, "there are no tokens here")
		}
		return f(t)
	})
}

func newTokenCreateCommand(a *app) *cobra.Command {
	var r hone.TokenRequest
	var role string
	var expires ageValue
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Make a token; its secret is shown this once",
		Long: `Make a token. NAME says whose it is, for people. The secret goes to stdout, alone, so that it can be piped or kept in
a file; it is shown this once and cannot be had again. What is said about it goes to stderr.`,
		Example: `  hone token create ada --role editor
  hone token create dashboard --role viewer --namespace vision --namespace speech --expires 30d
  hone token create ci --role editor -o json`,
		Args: needs("NAME"),
	}
	format := outputFlag(cmd, thingFormats())
	cmd.Flags().StringVar(&role, "role", string(hone.RoleViewer), "what its bearer may do: viewer, editor or admin")
	cmd.Flags().VarP(&listValue{items: &r.Namespaces}, "namespace", "n", "limit it to this namespace; may be given several times (default all)")
	cmd.Flags().Var(&expires, "expires", "how long it works, such as 12h or 90d; 0 for ever")
	_ = cmd.RegisterFlagCompletionFunc("role", cobra.FixedCompletions(roleNames(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(roleNames(), role) {
			return usagef("%q is not a role: it must be %s", role, alternatives(roleNames()))
		}
		r.Name, r.Role, r.Expires = args[0], hone.Role(role), hone.Duration(expires)
		return a.tokens(cmd.Context(), a.withCreating, func(s hone.TokenService) error {
			t, err := s.CreateToken(cmd.Context(), r)
			if err != nil {
				return err
			}
			if *format != asText {
				return a.printDocument(t, *format)
			}
			a.stderr.print("token %s for %s: %s in %s, %s", t.ID, clean(t.Name), t.Role, namespacesText(t.Token), expiryText(t.Token, a.now()))
			a.stderr.print("its secret, shown this once:")
			_, err = fmt.Fprintln(a.stdout, t.Secret)
			return err
		})
	}
	return cmd
}

func roleNames() (names []string) {
	for _, r := range hone.Roles() {
		names = append(names, string(r))
	}
	return names
}

func namespacesText(t hone.Token) string {
	if len(t.Namespaces) == 0 {
		return "all namespaces"
	}
	return strings.Join(t.Namespaces, ", ")
}

func expiryText(t hone.Token, now time.Time) string {
	switch {
	case t.Expires == nil:
		return "never expires"
	case !t.Expires.After(now):
		return "has expired"
	}
	return "expires " + t.Expires.UTC().Format(time.RFC3339)
}

func newTokenListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the tokens, without their secrets",
		Example: `  hone token list -o json`,
		Args:    needs(),
	}
	format := outputFlag(cmd, listFormats())
	var r arrange
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.tokens(cmd.Context(), a.with, func(s hone.TokenService) error {
			all, err := s.Tokens(cmd.Context())
			if err != nil {
				return err
			}
			l, err := r.apply(tokenListing(all))
			if err != nil {
				return err
			}
			return a.print(l, *format)
		})
	}
	return cmd
}

func tokenListing(all []hone.Token) listing {
	l := listing{
		empty:   "no tokens: `hone token create NAME` makes one",
		columns: []column{{name: "id"}, {name: "name"}, {name: "role"}, {name: "namespaces"}, {name: "created"}, {name: "expires"}},
		document: func(keys []int) any {
			out := wire.TokenList{Tokens: []hone.Token{}}
			for _, k := range keys {
				out.Tokens = append(out.Tokens, all[k])
			}
			return out
		},
	}
	for i, t := range all {
		l.rows = append(l.rows, row{key: i, cells: []cell{textCell(t.ID), textCell(t.Name), textCell(string(t.Role)),
			textCell(strings.Join(t.Namespaces, ",")), timeCell(&t.Created), timeCell(t.Expires)}})
	}
	return l
}

func newTokenRevokeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:               "revoke ID",
		Short:             "Make a token worthless at once",
		Example:           `  hone token revoke 6f1c2a`,
		Args:              needs("ID"),
		ValidArgsFunction: a.completeTokens,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.tokens(cmd.Context(), a.with, func(s hone.TokenService) error {
				if err := s.RevokeToken(cmd.Context(), args[0]); err != nil {
					return err
				}
				a.stderr.print("token %s is revoked", clean(args[0]))
				return nil
			})
		},
	}
}
