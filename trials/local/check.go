package local

import (
	"context"
	"errors"
	"math"
	"strconv"

	hone "github.com/hone-tuner/hone"
)

// Check refuses what this machine cannot run: images and objects of Kubernetes, a trial without a command,
// more GPUs than there are.
func (r *Runner) Check(ctx context.Context, e hone.Experiment) error {
	t := e.Spec.Trial
	if t == nil {
		return nil // an external experiment has nothing to run
	}
	var wrong hone.FieldErrors
	switch {
	case len(t.Manifest) > 0:
		wrong = append(wrong, hone.FieldError{Path: "spec.trial.manifest", Message: "a manifest needs Kubernetes, and trials are processes of this machine here: hand the file to a service in a cluster with `hone submit` (docs/kubernetes.md), or give a command instead"})
	case t.Image != "":
		wrong = append(wrong, hone.FieldError{Path: "spec.trial.image", Message: "an image needs Kubernetes, and trials are processes of this machine here: hand the file to a service in a cluster with `hone submit` (docs/kubernetes.md), or leave the image out"})
	case len(t.Command) == 0:
		wrong = append(wrong, hone.FieldError{Path: "spec.trial.command", Message: `a trial on this machine needs a command, such as [python3, train.py, "--lr=${parameters.lr}"]`})
	}
	if t.GPUs > 0 {
		if n := len(r.devicesFor(ctx, r.Environment)); t.GPUs > n {
			return errors.Join(wrong.Err(), hone.Errorf(hone.InvalidArgument, "spec.trial.gpus: each trial wants %d GPUs, and %s", t.GPUs, sayDevices(n)))
		}
	}
	return wrong.Err()
}

func sayDevices(n int) string {
	if n == 0 {
		return "this machine has none that can be seen (nvidia-smi -L, or CUDA_VISIBLE_DEVICES)"
	}
	return "there are only " + strconv.Itoa(n) + " here (nvidia-smi -L, or CUDA_VISIBLE_DEVICES)"
}

// Free tells for how many more trials there are devices.
func (r *Runner) Free(ctx context.Context, e hone.Experiment) (int, error) {
	if e.Spec.Trial == nil || e.Spec.Trial.GPUs <= 0 {
		return math.MaxInt32, nil
	}
	live, err := r.live(ctx)
	if err != nil {
		return 0, err
	}
	used := map[string]bool{}
	for _, a := range live {
		for _, d := range a.GPUs {
			used[d] = true
		}
	}
	free := 0
	for _, d := range r.devicesFor(ctx, r.Environment) {
		if !used[d] {
			free++
		}
	}
	return free / e.Spec.Trial.GPUs, nil
}

// live lists what runs. Without a supervisor, nothing does.
func (r *Runner) live(ctx context.Context) ([]liveAttempt, error) {
	for {
		s, err := r.connect(ctx, false)
		if errors.Is(err, errNobody) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		a, err := s.call(ctx, request{Op: opList}, nil)
		if !errors.Is(err, errGone) {
			return a.Live, err
		}
	}
}

// devicesFor are the GPUs that may be given to trials: those that an environment allows, else all of the
// machine's.
func (r *Runner) devicesFor(ctx context.Context, env []string) []string {
	if devices, ok := visibleDevices(env); ok {
		return devices
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.asked {
		r.devices, r.asked = machineDevices(ctx, r.Environment), ctx.Err() == nil
	}
	return r.devices
}
