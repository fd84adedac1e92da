package main

import (
	"context"
	"net"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/suggest/service"
	"github.com/spf13/cobra"
)

// defaultSuggestionAddress has the port that suggestion services have by habit.
const defaultSuggestionAddress = "127.0.0.1:6789"

func newSuggestionServiceCommand(a *app) *cobra.Command {
	var listen, algorithm string
	var open bool
	cmd := &cobra.Command{
		Use:   "suggestion-service",
		Short: "Serve the search algorithms over gRPC, to Katib or another hone",
		Long: `Serve the search algorithms of this program to whoever speaks api.v1.beta1.Suggestion over gRPC: Katib's
controller, or an experiment of another hone with the algorithm remote. Every answer follows from its request
alone, so that it can be stopped and started at any time.

The protocol knows no authentication. Beyond the loopback interface it is served only with
--without-authentication: then whoever reaches the port can have this machine compute.`,
		Example: `  hone suggestion-service
  hone suggestion-service --listen 127.0.0.1:7000 --algorithm bayesian
  hone suggestion-service --listen 0.0.0.0:6789 --without-authentication    # in a pod of its own`,
		Args: needs(),
	}
	cmd.Flags().StringVar(&listen, "listen", defaultSuggestionAddress, "where to listen: host:port, or unix:PATH for a socket that only you can use")
	cmd.Flags().StringVar(&algorithm, "algorithm", "", "use this one, whatever a request names; see hone algorithms")
	cmd.Flags().BoolVar(&open, "without-authentication", false, "listen beyond loopback, although anyone who reaches the port is answered")
	_ = cmd.RegisterFlagCompletionFunc("algorithm", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return sortedNames(algorithms.Builtin()), cobra.ShellCompDirectiveNoFileComp
	})
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !cmd.Flags().Changed("log-level") {
			a.logLevel = "info" // each request has a line
		}
		if err := mayListen(cmd.Context(), listen, open); err != nil {
			return err
		}
		return a.serveSuggestions(cmd.Context(), listen, algorithm)
	}
	return cmd
}

// serveSuggestions answers until ctx ends.
func (a *app) serveSuggestions(ctx context.Context, listen, algorithm string) error {
	logger := a.logger().Named("suggestion-service")
	entries := map[string]service.Entry{}
	for name, e := range algorithms.Builtin() {
		entries[name] = service.Entry{Choice: e.Choice, New: e.New}
	}
	s, err := service.New(service.Options{Algorithms: entries, Always: algorithm, Logger: logger})
	if err != nil {
		return err
	}
	listener, err := listenOn(ctx, listen)
	if err != nil {
		return hone.Errorf(hone.Unavailable, "cannot listen on %s: %w; --listen names another address", listen, err)
	}
	a.stderr.print("serving suggestions on %s; Ctrl-C ends it", listener.Addr())
	return service.NewServer(s, logger).Serve(ctx, listener)
}

// unixPrefix stands before the path of a socket.
const unixPrefix = "unix:"

func listenOn(ctx context.Context, listen string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(listen, unixPrefix); ok {
		return unixsock.Listen(path)
	}
	return (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
}

// mayListen refuses an address that others than this machine can reach, unless that is wanted.
func mayListen(ctx context.Context, listen string, open bool) error {
	if strings.HasPrefix(listen, unixPrefix) {
		return nil // only its owner can connect
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "--listen %s must be host:port, such as %s, or unix:PATH", listen, defaultSuggestionAddress)
	}
	if open {
		return nil
	}
	loopback := false
	if host != "" {
		addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
		if err != nil {
			return hone.Errorf(hone.InvalidArgument, "--listen %s: %w", listen, err)
		}
		loopback = !slices.ContainsFunc(addresses, func(ip net.IPAddr) bool { return !ip.IP.IsLoopback() })
	}
	if !loopback {
		return hone.Errorf(hone.InvalidArgument, "--listen %s can be reached from other machines, and suggestions are served without authentication: "+
			"listen on 127.0.0.1, or add --without-authentication if only those can reach it who may", listen)
	}
	return nil
}
