package local

import (
	"context"
	"errors"
	"os"
	"time"

	hone "github.com/hone-tuner/hone"
)

// What a trial does to its folder must not hide the trial: a supervisor that lives knows what it started,
// also when the record has gone. The record is for when nobody is there.

// errRuns says that an attempt runs and that its end is expected now.
var errRuns = errors.New("the attempt runs")

// recall looks an attempt up on the disk, and asks the supervisor if its end is not there.
func (r *Runner) recall(ctx context.Context, id hone.AttemptID) (hone.Exit, error) {
	p, known, err := r.lookUp(id)
	if err != nil {
		return hone.Exit{}, err
	}
	if known.exit != nil {
		return *known.exit, nil
	}
	req := request{Op: opWatch, ID: id, Place: p}
	if _, err := r.ask(ctx, req, nil, known.begun || r.anyLeft(p)); !errors.Is(err, errNobody) {
		if err == nil {
			err = errRuns
		}
		return hone.Exit{}, err
	}
	return record{}.lost(lostRecord, time.Now().UTC()), nil
}

// Stop asks an attempt to end.
func (r *Runner) Stop(ctx context.Context, id hone.AttemptID, grace time.Duration) error {
	p, known, err := r.lookUp(id)
	if err != nil {
		return err
	}
	if known.exit != nil {
		return nil
	}
	for {
		s, err := r.connect(ctx, known.begun)
		if errors.Is(err, errNobody) && r.anyLeft(p) {
			s, err = r.connect(ctx, true) // what a dead supervisor left must not go on: the next one clears it away
		}
		if errors.Is(err, errNobody) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = s.call(ctx, request{Op: opStop, ID: id, Place: p, Grace: max(0, grace)}, nil)
		if !errors.Is(err, errGone) {
			return err
		}
	}
}

// standing is what the disk knows of an attempt.
type standing struct {
	begun bool       // perhaps, if the record cannot be read
	exit  *hone.Exit // once it has ended
}

// lookUp reads the record of an attempt. Its place is not valid if nothing is known of its experiment.
func (r *Runner) lookUp(id hone.AttemptID) (p place, known standing, err error) {
	root, err := r.root()
	if err != nil {
		return place{}, standing{}, err
	}
	if root != nil {
		defer func() { _ = root.Close() }()
	}
	name, ok := r.nameOf(root, id.UID)
	if !ok {
		return place{}, standing{}, nil
	}
	if p = placeOf(name, id); !p.valid() {
		return p, standing{}, hone.Errorf(hone.InvalidArgument, "%s is no attempt", id)
	}
	if root == nil {
		return p, standing{}, nil
	}
	rec, err := readRecord(root, p)
	known.begun = err != nil || rec.Intent != nil
	if exit, ok := rec.ended(root, p, r.boot); ok {
		known.exit = &exit
	}
	return p, known, nil
}

// sure gives an error of Start the kind Unavailable, if its own would say that nothing was started and the
// disk or the processes of the machine do not agree: the attempt may have been started before.
func (r *Runner) sure(err error, p place) error {
	switch hone.KindOf(err) {
	case hone.ResourceExhausted, hone.PermissionDenied, hone.InvalidArgument, hone.Unimplemented:
	default:
		return err
	}
	if !r.mayHaveBegun(p) && !r.anyLeft(p) {
		return err
	}
	return hone.Errorf(hone.Unavailable, "attempt %d of trial %s was started before, and cannot be asked for now: %w", p.Attempt, p.Trial, err)
}

// anyLeft reports whether there are processes of an attempt.
func (r *Runner) anyLeft(p place) bool {
	return p.valid() && abandoned()[mark{dir: r.trialDir(p), attempt: p.Attempt}]
}

func (r *Runner) mayHaveBegun(p place) bool {
	root, err := r.root()
	if err != nil {
		return true
	}
	if root == nil {
		return false
	}
	defer func() { _ = root.Close() }()
	rec, err := readRecord(root, p)
	return err != nil || rec != (record{})
}

// nameOf finds the name of an experiment by its UID. root may be nil.
func (r *Runner) nameOf(root *os.Root, uid string) (string, bool) {
	r.mu.Lock()
	name, ok := r.names[uid]
	r.mu.Unlock()
	if ok {
		return name, true
	}
	if root == nil || uid == "" {
		return "", false
	}
	name, err := findFolder(root, uid)
	if err != nil {
		return "", false
	}
	r.remember(uid, name)
	return name, true
}
