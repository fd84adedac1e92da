package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/collector"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/embedded"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/hone-tuner/hone/suggest/remote"
	"github.com/hone-tuner/hone/trials/kube"
	"github.com/hone-tuner/hone/trials/local"
)

// owner is everything that a process holds while it owns a data directory: this is where the rooms meet.
type owner struct {
	dir        string
	lock       *os.File
	store      hone.Store
	runner     engine
	controller *controller.Controller
	services   *remote.Services
	keeper     *access.Keeper
	options    api.Options
	gate       *gate
	callers    callers
	servers    sync.WaitGroup
	socket     *http.Server
	push       pusher
	logger     hclog.Logger
	// ballast is memory that is never touched, and so takes none. It only makes the garbage collector think
	// that there is more: with a heap of a few megabytes it would run a hundred times a second while quick
	// trials come and go.
	ballast []byte
}

// engine runs the trials.
type engine interface {
	hone.Runner
	Close() error
}

const ballastSize = 32 << 20

// ownerOptions say how a data directory is owned. Those of a command have a logger only.
type ownerOptions struct {
	logger hclog.Logger
	// service makes a process that stays: it runs what is created over the network, and goes on with what was running.
	service bool
	limits  controller.Limits
	// Of the trials of experiments that came without a terminal: where relative paths start from, what they see, and
	// how long their folders are kept.
	directory   string
	environment []string
	retention   hone.Retention
	// cluster is where trials run; nil for this machine.
	cluster *clusterConfig
	// fence tells the store whose it is, before anything is read from it; nil where there is no doubt.
	fence func(context.Context, hone.Store) error
	// token is the secret of an admin, "" for none.
	token string
	// ready says why a service cannot do its work yet; nil for always ready.
	ready func(context.Context) error
}

// newOwner opens the store, starts the controller and serves the socket.
func newOwner(ctx context.Context, dir string, with ownerOptions) (_ *owner, err error) {
	o := &owner{dir: dir, gate: &gate{}, logger: with.logger, ballast: make([]byte, ballastSize)}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.closeAll(ctx))
		}
	}()
	if err := o.openStore(ctx, with); err != nil {
		return nil, err
	}
	secret, err := loadSecret(filepath.Join(dir, secretName))
	if err != nil {
		return nil, err
	}
	decoder := spec.New(catalog())
	if o.runner, err = o.newEngine(with, secret, decoder); err != nil {
		return nil, err
	}
	o.push = pusher{portFile: filepath.Join(dir, portName), logger: o.logger}
	pushURL := o.push.url
	if with.cluster != nil {
		pushURL = func() string { return with.cluster.url }
	}
	o.services = newServices(o.logger)
	o.controller = controller.New(controller.Options{
		Store: o.store, Suggester: newSuggester(o.services, o.logger), Runner: o.runner, Collector: collector.New(collector.Options{}),
		Decoder: decoder, Catalog: catalog(), Clock: time.Now, NewUID: uuid.NewString, NewSeed: embedded.NewSeed,
		PushURL: pushURL, Secret: secret, Logger: o.logger,
		Service: with.service, Limits: with.limits, Directory: with.directory, Environment: with.environment, Retention: with.retention,
	})
	o.options = api.Options{Logger: o.logger, Tokens: o.keeper, Ready: with.ready}
	o.options.Backup, _ = o.store.(hone.BackupService)
	o.options = o.monitored(o.options, with.service)
	o.push.handler = api.NewPushHandler(o.controller, o.controller.VerifyTrialToken, api.Options{Logger: o.logger, Metrics: o.options.Metrics})
	return o, o.serve(filepath.Join(dir, datadir.SocketName))
}

// newEngine makes what runs the trials: processes of this machine, or a cluster.
func (o *owner) newEngine(with ownerOptions, secret []byte, compiler kube.Compiler) (engine, error) {
	if with.cluster != nil {
		return with.cluster.newRunner(o, secret, compiler)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "cannot find this program's own file: %w", err)
	}
	return local.New(local.Options{DataDir: o.dir, Supervisor: []string{self, "supervise"}, Logger: o.logger})
}

// openStore opens the store, and the tokens in it.
func (o *owner) openStore(ctx context.Context, with ownerOptions) error {
	s, err := bolt.Open(filepath.Join(o.dir, datadir.StoreName), bolt.Options{Logger: o.logger})
	if err != nil {
		return err
	}
	o.store = s
	if with.fence != nil {
		if err := with.fence(ctx, s); err != nil {
			return err
		}
	}
	o.keeper, err = access.New(ctx, access.Options{Store: s, Initial: with.token, Logger: o.logger})
	return err
}

// serve answers on the socket of the data directory.
func (o *owner) serve(path string) error {
	listener, err := unixsock.Listen(path)
	if err != nil {
		return err
	}
	o.socket = api.NewServer(o.gate.through(api.NewHandler(o.controller, o.options)), o.options)
	o.socket.ConnState = o.callers.track
	o.servers.Go(func() {
		if err := o.socket.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			o.logger.Error("the socket is no longer served", "error", err)
		}
	})
	return nil
}

// leave gives the data directory up as soon as nothing runs in it any more.
func (o *owner) leave(ctx context.Context) error {
	var failure error
	for {
		if failure = o.controller.Wait(ctx); ctx.Err() != nil {
			break
		}
		if o.gate.shutIf(func() bool { return !o.controller.Busy() }) {
			break
		}
		time.Sleep(time.Millisecond) // a request is being answered
	}
	return errors.Join(failure, o.closeAll(ctx))
}

// closeAll closes what is open, in the order that loses nothing. What runs goes on running.
func (o *owner) closeAll(ctx context.Context) error {
	var errs []error
	if o.controller != nil {
		o.controller.Close()
		errs = append(errs, o.services.Close())
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if o.socket != nil {
		// From now on nobody finds the socket. Those who have connected already are told to look again, before
		// the listener is closed and they would only see a broken connection.
		if err := os.Remove(filepath.Join(o.dir, datadir.SocketName)); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
		o.callers.wait()
	}
	for _, server := range []*http.Server{o.socket, o.push.server} {
		if server == nil {
			continue
		}
		if err := server.Shutdown(ctx); err != nil {
			errs = append(errs, server.Close())
		}
	}
	o.servers.Wait()
	runtime.KeepAlive(o.ballast)
	if o.runner != nil {
		errs = append(errs, o.runner.Close())
	}
	if o.store != nil {
		errs = append(errs, o.store.Close())
	}
	if o.lock != nil {
		errs = append(errs, o.lock.Close())
	}
	return errors.Join(errs...)
}

// pusher serves the measurements route on a loopback port for trials that push. It begins with the first
// trial, and keeps its port over restarts, since trials that are adopted know only that one.
type pusher struct {
	portFile string
	logger   hclog.Logger
	handler  http.Handler

	once    sync.Once
	address string
	server  *http.Server
}

// url is HONE_URL; "" when no port could be had.
func (p *pusher) url() string {
	p.once.Do(func() {
		listener, err := p.listen()
		if err != nil {
			p.logger.Warn("trials cannot push measurements: no loopback port could be opened", "error", err)
			return
		}
		p.address = "http://" + listener.Addr().String()
		p.server = api.NewServer(p.handler, api.Options{Logger: p.logger})
		go func() {
			if err := p.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				p.logger.Error("measurements are no longer taken over HTTP", "error", err)
			}
		}()
	})
	return p.address
}

func (p *pusher) listen() (net.Listener, error) {
	const loopback = "127.0.0.1:"
	if data, err := os.ReadFile(p.portFile); err == nil {
		port := strings.TrimSpace(string(data))
		listener, err := net.Listen("tcp", loopback+port)
		if err == nil {
			return listener, nil
		}
		p.logger.Warn("the port that trials push to is taken; trials that still run cannot push any more", "port", port, "error", err)
	}
	listener, err := net.Listen("tcp", loopback+"0")
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err == nil {
		err = os.WriteFile(p.portFile, []byte(port+"\n"), 0o600)
	}
	if err != nil {
		p.logger.Warn("the port that trials push to could not be kept", "error", err)
	}
	return listener, nil
}

// loadSecret reads the secret of a data directory, or makes it.
func loadSecret(path string) ([]byte, error) {
	const size = 32
	data, err := os.ReadFile(path)
	if err == nil && len(data) == size {
		return data, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, hone.Errorf(hone.PermissionDenied, "the secret of the data directory cannot be read: %w", err)
	}
	data = make([]byte, size)
	if _, err := rand.Read(data); err != nil {
		return nil, err
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return nil, hone.Errorf(hone.Unavailable, "the secret of the data directory cannot be written: %w", err)
	}
	return data, os.Rename(temporary, path)
}

// newSuperviseCommand is the process that trials run under. It is started by the runner, never by people.
func newSuperviseCommand(a *app) *cobra.Command {
	return &cobra.Command{Use: "supervise DIR", Hidden: true, Args: cobra.ExactArgs(1),
		Short: "Keep the trials of a data directory running (started by hone itself)",
		RunE: func(cmd *cobra.Command, args []string) error {
			a.begun = true
			return local.Supervise(cmd.Context(), args[0], a.logger())
		}}
}
