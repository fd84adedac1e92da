package local

import (
	"context"
	"errors"
	"io/fs"
	"os"

	hone "github.com/hone-tuner/hone"
)

// bestKept is how many of the best trials are always kept.
const bestKept = 3

// Forget removes the folder of an experiment.
func (r *Runner) Forget(ctx context.Context, uid string) error {
	live, err := r.live(ctx)
	if err != nil {
		return err
	}
	for _, a := range live {
		if a.ID.UID == uid {
			return hone.Errorf(hone.Conflict, "attempt %d of trial %d still runs; stop it first", a.ID.Attempt, a.ID.Number)
		}
	}
	root, err := r.root()
	if err != nil || root == nil {
		return err
	}
	defer func() { _ = root.Close() }()
	name, err := findFolder(root, uid)
	if errors.Is(err, fs.ErrNotExist) || uid == "" {
		return nil
	}
	if err == nil {
		err = root.RemoveAll(name + "-" + uid)
	}
	r.mu.Lock()
	delete(r.names, uid)
	r.mu.Unlock()
	if err != nil {
		return diskError(err, "the folder of the experiment cannot be removed")
	}
	return nil
}

// Prune removes the folders of ended trials that are too old, or that have no place within the size. It
// looks at the trials in their order, the best first, so that it is the worst that go.
func (r *Runner) Prune(ctx context.Context, e hone.Experiment, trials []hone.Trial, keep hone.Retention) error {
	if keep.Age <= 0 && keep.Size <= 0 || len(trials) <= bestKept {
		return nil
	}
	root, err := r.root()
	if err != nil || root == nil {
		return err
	}
	defer func() { _ = root.Close() }()
	running, err := r.running(ctx, e.UID)
	if err != nil {
		return err
	}
	var total int64
	kept := 0
	for _, t := range trials {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !t.State.Ended() || running[t.Number] {
			continue
		}
		size := r.size(root, e, t, keep.Size > 0)
		if size < 0 {
			continue
		}
		kept++
		total += size
		if kept <= bestKept || !r.expendable(t, total, keep) {
			continue
		}
		total -= size
		if err := r.remove(root, e, t); err != nil {
			return err
		}
	}
	return nil
}

// running are the numbers of an experiment's trials that run.
func (r *Runner) running(ctx context.Context, uid string) (map[int]bool, error) {
	live, err := r.live(ctx)
	numbers := map[int]bool{}
	for _, a := range live {
		numbers[a.ID.Number] = numbers[a.ID.Number] || a.ID.UID == uid
	}
	return numbers, err
}

// expendable reports whether a trial is too old, or has no place when everything up to it takes total bytes.
func (r *Runner) expendable(t hone.Trial, total int64, keep hone.Retention) bool {
	old := keep.Age > 0 && t.EndTime != nil && r.Now().Sub(*t.EndTime) > keep.Age
	return old || keep.Size > 0 && total > keep.Size
}

// size is how much the folder of an ended trial holds; -1 if it is not there any more. It is measured once.
func (r *Runner) size(root *os.Root, e hone.Experiment, t hone.Trial, measure bool) int64 {
	p := placeOf(e.Name, hone.AttemptID{UID: e.UID, Number: t.Number, Attempt: t.Attempt})
	r.mu.Lock()
	size, ok := r.sizes[p.String()]
	r.mu.Unlock()
	if ok {
		return size
	}
	if !p.valid() {
		return -1
	}
	if _, err := root.Lstat(p.trialDir()); errors.Is(err, fs.ErrNotExist) {
		size = -1
	} else if !measure {
		return 0
	} else {
		size = folderSize(root, p.trialDir())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sizes[p.String()] = size
	return size
}

func (r *Runner) remove(root *os.Root, e hone.Experiment, t hone.Trial) error {
	p := placeOf(e.Name, hone.AttemptID{UID: e.UID, Number: t.Number, Attempt: t.Attempt})
	if err := root.RemoveAll(p.trialDir()); err != nil {
		return diskError(err, "the folder of trial "+p.Trial+" cannot be removed")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sizes[p.String()] = -1
	return nil
}

// folderSize adds up the files below a folder. Links count as themselves.
func folderSize(root *os.Root, dir string) (size int64) {
	_ = fs.WalkDir(root.FS(), dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // what cannot be read has no size that counts
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size
}
