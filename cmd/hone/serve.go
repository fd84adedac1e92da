package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/access/cluster"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/internal/lease"
	"github.com/spf13/cobra"
)

func newServeCommand(a *app) *cobra.Command {
	c := defaultServeConfig()
	var file string
	var printConfig bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service: many experiments, for many users and programs",
		Long: `Own the data directory and serve it: on the socket in it, for users who can read the folder, and over HTTP. What was
running goes on. Ctrl-C or SIGTERM ends the service in good order and leaves running trials alone: the next start finds them. A
second one ends it at once, and loses nothing that was acknowledged. SIGHUP reads the certificate again.

Without a token, HTTP on the loopback interface serves reading and external experiments only; other addresses are
refused. --token-file FILE, which is made if it is not there, holds an admin token; hone token create makes more.

Every setting can be given by flag, by a variable HONE_SERVE_…, or in the YAML file of --config, in this order of precedence.
In the file they are called as the flags, in camel case: maxTrials: 8.`,
		Example: `  hone serve
  hone serve --token-file admin.token --listen 0.0.0.0:7070 --tls-cert cert.pem --tls-key key.pem
  hone serve --config /etc/hone/serve.yaml
  hone serve --max-trials 16 --print-config`,
		Args:        needs(),
		Annotations: map[string]string{worksHere: ""},
	}
	c.configFlags(cmd)
	cmd.Flags().StringVar(&file, "config", "", "file with settings ("+serveVariables+"CONFIG)")
	cmd.Flags().BoolVar(&printConfig, "print-config", false, "print all settings, with where each came from, and do nothing else")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	_ = cmd.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{logText, logJSON}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		r, err := a.resolveConfig(file, func(name string) (string, bool) {
			f := cmd.Flags().Lookup(name)
			return f.Value.String(), f.Changed
		})
		if err != nil {
			return err
		}
		if printConfig {
			return r.print(a.stdout)
		}
		return a.serve(cmd.Context(), r.serveConfig)
	}
	return cmd
}

// server is a process that serves a data directory until it is told to leave.
type server struct {
	app    *app
	config serveConfig
	dir    string
	logger hclog.Logger
	notify notifier
	owner  *owner
	// resumed says that what was running before goes on.
	resumed atomic.Bool
	front   front
	// lease says that no other service has the same store, door asks the cluster who callers are; nil without a cluster.
	lease *lease.Lease
	door  *cluster.Authorizer
}

// serve runs the service until ctx ends or it cannot go on.
func (a *app) serve(ctx context.Context, c serveConfig) (err error) {
	hangup, stop := hangups() // from the start, since nobody's SIGHUP may end a service
	defer stop()
	s := &server{app: a, config: c, logger: a.serveLogger(c), notify: newNotifier(a.getenv)}
	if s.dir, err = filepath.Abs(c.dataDir); err != nil {
		return err
	}
	if err := datadir.Make(s.dir); err != nil {
		return err
	}
	lock, err := awaitLock(ctx, s.dir)
	if err != nil {
		return err
	}
	if s.lease, err = s.holdLease(ctx); err != nil {
		return errors.Join(err, lock.Close())
	}
	with, err := s.ownerOptions()
	if err == nil {
		s.owner, err = newOwner(ctx, s.dir, with)
	}
	if err != nil {
		return errors.Join(err, lock.Close(), s.releaseLease(ctx))
	}
	s.owner.lock = lock
	err = s.start(ctx)
	if err == nil {
		err = s.stay(ctx, hangup)
		s.sayLeaving(ctx) // one that has never served leaves nothing
	}
	return errors.Join(err, s.leave(ctx))
}

// ownerOptions say how the service owns its data directory.
func (s *server) ownerOptions() (o ownerOptions, err error) {
	c := s.config
	o = ownerOptions{logger: s.logger, service: true, limits: controller.Limits{Trials: c.maxTrials, PerNamespace: c.namespaceMaxTrials},
		environment: trialEnvironment(s.app.environ()), retention: hone.Retention{Age: time.Duration(c.keepAge), Size: int64(c.keepSize)},
		ready: s.ready, fence: func(ctx context.Context, store hone.Store) error { return fence(ctx, s.lease, store) }}
	if c.runner == runnerKubernetes {
		o.cluster = &c.cluster
	}
	if o.directory, err = os.Getwd(); err != nil {
		return o, hone.Errorf(hone.Unavailable, "the current folder cannot be found: %w", err)
	}
	if c.tokenFile == "" {
		return o, nil
	}
	made := false
	if o.token, made, err = access.LoadTokenFile(c.tokenFile, rand.Reader); made {
		s.say("a new admin token was written", "file", c.tokenFile, "use", "hone login URL --token-file "+quoteWord(c.tokenFile))
	}
	return o, err
}

// trialEnvironment is what trials see of the service's environment: not what is meant for the service itself.
func trialEnvironment(own []string) []string {
	return slices.DeleteFunc(slices.Clone(own), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case tokenVariable, "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES":
			return true
		}
		return strings.HasPrefix(name, serveVariables)
	})
}

// start opens the addresses and takes up what was running.
func (s *server) start(ctx context.Context) error {
	if err := s.openDoor(ctx); err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	if err := s.owner.controller.Resume(ctx); err != nil {
		return err
	}
	s.resumed.Store(true)
	running, err := s.owner.controller.Statistics(ctx)
	if err != nil {
		return err
	}
	s.greet(running.Driven)
	s.notify.say("READY=1", "STATUS=serving "+strings.Join(s.front.urls(), " "))
	return nil
}

// ready says why the service cannot do its work yet.
func (s *server) ready(context.Context) error {
	if !s.resumed.Load() {
		return errors.New("it is taking up the experiments that were running")
	}
	return nil
}

// stay waits until the service is told to leave, or cannot go on.
func (s *server) stay(ctx context.Context, hangup <-chan os.Signal) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.front.failed:
			return err
		case <-s.lost():
			return s.lease.Err()
		case <-hangup:
			s.reload()
		}
	}
}

// leave ends the service: no new requests, those that are being answered within the grace time, then the streams. Trials go on.
func (s *server) leave(ctx context.Context) error {
	s.notify.say("STOPPING=1")
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.leavingTime())
	defer cancel()
	s.owner.gate.shutNow()
	if !s.owner.gate.drain(inner) {
		s.logger.Warn("some requests took longer than the grace time, and are broken off", "grace", s.leavingTime())
	}
	return errors.Join(s.front.close(inner), s.owner.closeAll(ctx), s.releaseLease(ctx))
}

// sayLeaving tells that the service ends, and what goes on without it.
func (s *server) sayLeaving(ctx context.Context) {
	left := "left as they are"
	if n, err := s.owner.controller.Statistics(context.WithoutCancel(ctx)); err == nil {
		left = fmt.Sprintf("%d running, left as they are", n.Trials.Running)
	}
	s.say("leaving", "trials", left)
}

// greet tells in one line what is served.
func (s *server) greet(resumed int) {
	where := append(s.front.urls(), filepath.Join(s.config.dataDir, datadir.SocketName))
	if s.config.logFormat == logJSON {
		s.logger.Info("serving", "addresses", where, "authentication", s.authentication(), "resumed", resumed, "pid", os.Getpid())
		return
	}
	s.app.stderr.print("serving on %s; %s; %s resumed. Ctrl-C ends it and leaves trials running",
		strings.Join(where, " and "), s.authentication(), plural(resumed, "experiment"))
}

// say tells whoever started the service, in the format of its log.
func (s *server) say(message string, facts ...any) {
	if s.config.logFormat == logJSON {
		s.logger.Info(message, facts...)
		return
	}
	for i := 0; i+1 < len(facts); i += 2 {
		message += fmt.Sprintf("; %s: %v", facts[i], facts[i+1])
	}
	s.app.stderr.print("%s", clean(message))
}

// authentication tells who is let in.
func (s *server) authentication() string {
	switch {
	case len(s.config.addresses()) == 0:
		return "no network"
	case s.authenticated():
		return "a token is needed"
	}
	return "no token: what starts programs goes by the socket only"
}

// serveLogger writes to stderr, a line for each thing, as text or JSON.
func (a *app) serveLogger(c serveConfig) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "hone", Output: a.stderr, Level: hclog.LevelFromString(c.logLevel), JSONFormat: c.logFormat == logJSON})
}

// awaitLock takes the lock of a data directory for a service. A command that only looks has it for milliseconds,
// and so has a service that is leaving; anybody else is named.
func awaitLock(ctx context.Context, dir string) (*os.File, error) {
	const patience = time.Second
	for began := time.Now(); ; {
		lock, err := datadir.Take(dir, datadir.AsService)
		if err != nil || lock != nil {
			return lock, err
		}
		if time.Since(began) > patience {
			holder := datadir.Owner(dir)
			what := "hone command"
			if holder.Stay == datadir.AsService {
				what = "service"
			}
			return nil, hone.Errorf(hone.Unavailable, "the data directory %s is in use by process %d, a %s: end that one first, or name another directory with --data-dir",
				dir, holder.PID, what)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the data directory %s is still in use by process %d: %w", dir, datadir.Owner(dir).PID, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
