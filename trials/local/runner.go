package local

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials"
)

// Runner runs trials as processes of this machine, by way of the supervisor of its data directory.
type Runner struct {
	Options
	boot string

	connecting chan struct{} // held while a session is begun

	mu      sync.Mutex
	session *session
	closed  bool
	names   map[string]string // of experiments, by UID
	devices []string          // of the machine
	asked   bool              // devices is known
	sizes   map[string]int64  // of ended trials' folders, by place; -1 for those that are removed
}

var (
	_ hone.Runner    = (*Runner)(nil)
	_ hone.Checker   = (*Runner)(nil)
	_ hone.Limiter   = (*Runner)(nil)
	_ hone.LogOpener = (*Runner)(nil)
	_ hone.Cleaner   = (*Runner)(nil)
)

// New makes a runner. It touches nothing until it is used.
func New(o Options) (*Runner, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Runner{Options: o, boot: bootID(), connecting: make(chan struct{}, 1),
		names: map[string]string{}, sizes: map[string]int64{}}, nil
}

// Close leaves the supervisor, which goes on as long as anything runs. Who waits gets an error.
func (r *Runner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.session != nil {
		r.session.link.close()
	}
	return nil
}

// Start starts an attempt or adopts it.
func (r *Runner) Start(ctx context.Context, l hone.Launch) (hone.Emission, error) {
	p := placeOf(l.Experiment.Name, l.ID())
	if !p.valid() || l.Experiment.UID == "" || l.Trial.Number < 1 {
		return hone.Emission{}, hone.Errorf(hone.InvalidArgument, "attempt %s of experiment %q cannot have a folder", l.ID(), l.Experiment.Name)
	}
	rendered, err := trials.Render(l.Experiment, l.Trial)
	if err != nil {
		return hone.Emission{}, err
	}
	r.remember(l.Experiment.UID, l.Experiment.Name)
	e := p.emission(r.DataDir, l.Experiment.Spec.Metrics)
	template := l.Experiment.Spec.Trial
	req := request{Op: opStart, ID: l.ID(), Place: p, Grace: template.GraceTime(), Program: &program{
		Args: len(rendered.Args), Timeout: time.Duration(template.Timeout), File: e.File, GPUs: template.GPUs,
	}}
	if l.Trial.StartTime != nil {
		req.Program.Since = *l.Trial.StartTime
	}
	if template.GPUs > 0 {
		req.Program.Devices = r.devicesFor(ctx, l.Environment)
	}
	if err := noZero(rendered.Args); err != nil {
		return hone.Emission{}, err
	}
	body := pack(8<<10, []string{rendered.Dir}, rendered.Args, environment(l, rendered.Env, e.Dir))
	a, err := r.ask(ctx, req, body, true)
	if err != nil {
		return hone.Emission{}, r.sure(err, p)
	}
	a.origin.into(&e)
	return e, nil
}

// noZero refuses arguments that no program can be given: the system ends them at a zero byte.
func noZero(args []string) error {
	for _, a := range args {
		for i := range len(a) {
			if a[i] == 0 {
				return hone.Errorf(hone.InvalidArgument, "spec.trial.command: the argument %q has a zero byte in it, which no program can be given", a)
			}
		}
	}
	return nil
}

// ask makes a request whose attempt is to be waited for, and repeats it when the supervisor goes: requests
// are idempotent. Where there is no supervisor, one is started, or errNobody returned.
func (r *Runner) ask(ctx context.Context, req request, body []byte, start bool) (answer, error) {
	for {
		s, err := r.connect(ctx, start)
		if err != nil {
			return answer{}, err
		}
		_, fresh := s.expect(req.ID)
		a, err := s.call(ctx, req, body)
		switch {
		case errors.Is(err, errGone):
			continue
		case err != nil:
			if fresh {
				s.drop(req.ID)
			}
			return answer{}, err
		}
		s.resolve(req.ID, a.Exit)
		return a, nil
	}
}

// Wait waits for the end of an attempt.
func (r *Runner) Wait(ctx context.Context, id hone.AttemptID) (hone.Exit, error) {
	for {
		e, s, err := r.expected(ctx, id)
		if err != nil {
			return hone.Exit{}, err
		}
		if e == nil { // nobody has told us of it in this session, so it may be on the disk only
			exit, err := r.recall(ctx, id)
			if !errors.Is(err, errRuns) {
				return exit, err
			}
			continue
		}
		select {
		case <-e.done:
			s.drop(id)
			return e.exit, nil
		case <-ctx.Done():
			return hone.Exit{}, ctx.Err()
		case <-s.gone:
			select {
			case <-e.done:
				return e.exit, nil
			default:
			}
		}
	}
}

// expected returns the end that the present session expects, if it does.
func (r *Runner) expected(ctx context.Context, id hone.AttemptID) (*end, *session, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s == nil || !s.alive() {
		return nil, nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends[id], s, nil
}

// root opens the folder of the trials; nil when there is none.
func (r *Runner) root() (*os.Root, error) {
	root, err := os.OpenRoot(filepath.Join(r.DataDir, trialsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskError(err, "the folder of the trials cannot be opened")
	}
	return root, nil
}

func (r *Runner) trialDir(p place) string {
	return filepath.Join(r.DataDir, trialsName, p.trialDir())
}

func (r *Runner) remember(uid, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[uid] = name
}
