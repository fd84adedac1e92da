package bolt

import (
	"bytes"
	"context"
	"encoding/base64"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// pageLimit is how many experiments a list shows when no limit is given.
const pageLimit = 1000

// CreateExperiment stores a new experiment.
func (s *Store) CreateExperiment(ctx context.Context, e hone.Experiment, created hone.Event) (hone.Experiment, error) {
	e, err := codec.CheckNew(codec.CloneExperiment(e), created)
	if err != nil {
		return hone.Experiment{}, err
	}
	created = codec.CloneEvent(created)
	if e, _, err = hone.Fold(e, hone.Trial{}, created); err != nil {
		return hone.Experiment{}, err
	}
	records, err := encodeNew(e, created)
	if err != nil {
		return hone.Experiment{}, err
	}
	err = s.write(ctx, func(t *transaction) error { return t.create(e, records) })
	if err != nil {
		return hone.Experiment{}, err
	}
	return codec.CloneExperiment(e), nil
}

// newRecords are the first records of an experiment.
type newRecords struct{ spec, state, event []byte }

func encodeNew(e hone.Experiment, created hone.Event) (r newRecords, err error) {
	if r.spec, err = codec.EncodeExperiment(e); err != nil {
		return r, err
	}
	if r.state, err = codec.EncodeState(e); err != nil {
		return r, err
	}
	r.event, err = codec.EncodeEvent(created)
	return r, err
}

func (t *transaction) create(e hone.Experiment, r newRecords) error {
	switch {
	case nameBucket.in(t.tx).Get(nameKey(e.Namespace, e.Name)) != nil:
		return hone.Errorf(hone.AlreadyExists, "experiment %q exists already in namespace %q", e.Name, e.Namespace)
	case uidBucket.in(t.tx).Get([]byte(e.UID)) != nil:
		return hone.Errorf(hone.AlreadyExists, "there is an experiment with the UID %q already", e.UID)
	}
	t.wrote = true
	next, err := uidBucket.in(t.tx).NextSequence()
	if err != nil {
		return err
	}
	at := slot(next)
	for _, record := range []struct {
		bucket
		key, value []byte
	}{
		{uidBucket, []byte(e.UID), append(at.key(), e.Name...)},
		{nameBucket, nameKey(e.Namespace, e.Name), at.key()},
		{specBucket, at.key(), r.spec},
		{stateBucket, at.key(), r.state},
		{eventBucket, at.event(1), r.event},
	} {
		if err := t.put(record.bucket, record.key, record.value); err != nil {
			return err
		}
	}
	return nil
}

// Experiment returns one by name.
func (s *Store) Experiment(ctx context.Context, namespace, name string) (e hone.Experiment, err error) {
	if namespace == "" {
		namespace = hone.DefaultNamespace
	}
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		at := nameBucket.in(tx).Get(nameKey(namespace, name))
		if at == nil {
			return hone.Errorf(hone.NotFound, "there is no experiment %q in namespace %q", name, namespace)
		}
		e, err = s.load(tx, slotOf(at))
		return err
	})
	return e, err
}

// Experiments lists by namespace, then name. The cursor is the last name that was listed.
func (s *Store) Experiments(ctx context.Context, f hone.ExperimentFilter) (page hone.ExperimentPage, err error) {
	after, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err != nil {
		return page, hone.Errorf(hone.InvalidArgument, "%q is not the cursor of a page", f.Cursor)
	}
	if f.Limit <= 0 {
		f.Limit = pageLimit
	}
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		var prefix []byte
		if f.Namespace != "" {
			prefix = nameKey(f.Namespace, "")
		}
		c := nameBucket.in(tx).Cursor()
		last := after
		for k, at := c.Seek(later(prefix, after)); k != nil && bytes.HasPrefix(k, prefix); k, at = c.Next() {
			if len(f.Namespaces) > 0 && !slices.Contains(f.Namespaces, namespaceOf(k)) {
				continue
			}
			e, err := s.load(tx, slotOf(at))
			switch {
			case err != nil:
				return err
			case f.State != "" && e.Status.State != f.State:
				continue
			case len(page.Experiments) == f.Limit:
				page.Cursor = base64.RawURLEncoding.EncodeToString(last)
				return nil
			}
			page.Experiments = append(page.Experiments, e)
			last = bytes.Clone(k)
		}
		return nil
	})
	return page, err
}

var _ hone.NamespaceLister = (*Store)(nil)

// Namespaces lists the namespaces in which there are experiments. It reads one name of each.
func (s *Store) Namespaces(ctx context.Context) (all []string, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		c := nameBucket.in(tx).Cursor()
		for k, _ := c.First(); k != nil; {
			namespace := namespaceOf(k)
			all = append(all, namespace)
			k, _ = c.Seek([]byte(namespace + "\x01")) // behind all of its names: they go on with 0
		}
		return nil
	})
	return all, err
}

// later is where a list begins: at its prefix, or right behind the last key of the page before.
func later(prefix, after []byte) []byte {
	if len(after) > 0 && bytes.Compare(after, prefix) >= 0 {
		return append(bytes.Clone(after), 0)
	}
	return prefix
}

// DeleteExperiment removes an experiment. It is gone at once; what it leaves is removed in the
// background, a little at a time, and if need be after the next opening.
func (s *Store) DeleteExperiment(ctx context.Context, uid string) error {
	err := s.write(ctx, func(t *transaction) error {
		at, err := find(t.tx, uid)
		if err != nil {
			return err
		}
		e, err := codec.DecodeExperiment(specBucket.in(t.tx).Get(at.key()))
		if err != nil {
			return err
		}
		for _, record := range []struct {
			bucket
			key []byte
		}{
			{uidBucket, []byte(uid)},
			{nameBucket, nameKey(e.Namespace, e.Name)},
			{specBucket, at.key()},
			{stateBucket, at.key()},
		} {
			if err := t.delete(record.bucket, record.key); err != nil {
				return err
			}
		}
		return t.put(deletedBucket, at.key(), nil)
	})
	if err == nil {
		s.sweep()
	}
	return err
}
