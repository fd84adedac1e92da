package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

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
	x, err := newExperiment(e, created)
	if err != nil {
		return hone.Experiment{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err := s.ready(ctx); {
	case err != nil:
		return hone.Experiment{}, err
	case s.byName[x.name] != nil:
		return hone.Experiment{}, hone.Errorf(hone.AlreadyExists, "experiment %q exists already in namespace %q", e.Name, e.Namespace)
	case s.byUID[e.UID] != nil:
		return hone.Experiment{}, hone.Errorf(hone.AlreadyExists, "there is an experiment with the UID %q already", e.UID)
	}
	s.byName[x.name], s.byUID[e.UID] = x, x
	return codec.CloneExperiment(e), nil
}

func newExperiment(e hone.Experiment, created hone.Event) (x *experiment, err error) {
	x = &experiment{name: hone.Name{Namespace: e.Namespace, Name: e.Name}, sources: map[source][][]byte{}}
	if x.spec, err = codec.EncodeExperiment(e); err != nil {
		return nil, err
	}
	if x.state, err = codec.EncodeState(e); err != nil {
		return nil, err
	}
	record, err := codec.EncodeEvent(created)
	x.events = [][]byte{record}
	return x, err
}

// Experiment returns one by name.
func (s *Store) Experiment(ctx context.Context, namespace, name string) (hone.Experiment, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return hone.Experiment{}, err
	}
	x := s.byName[hone.Name{Namespace: cmp.Or(namespace, hone.DefaultNamespace), Name: name}]
	if x == nil {
		return hone.Experiment{}, hone.Errorf(hone.NotFound, "there is no experiment %q in namespace %q", name, namespace)
	}
	return x.load()
}

// Experiments lists by namespace, then name. The cursor is the last name that was listed.
func (s *Store) Experiments(ctx context.Context, f hone.ExperimentFilter) (page hone.ExperimentPage, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return page, err
	}
	if f.Limit <= 0 {
		f.Limit = 1000
	}
	namespace, name, ok := strings.Cut(f.Cursor, "/")
	if f.Cursor != "" && !ok {
		return page, hone.Errorf(hone.InvalidArgument, "%q is not the cursor of a page", f.Cursor)
	}
	after := hone.Name{Namespace: namespace, Name: name}
	for _, x := range s.sorted() {
		if !within(f, x.name.Namespace) || f.Cursor != "" && compare(x.name, after) <= 0 {
			continue
		}
		e, err := x.load()
		switch {
		case err != nil:
			return page, err
		case f.State != "" && e.Status.State != f.State:
			continue
		case len(page.Experiments) == f.Limit:
			last := page.Experiments[f.Limit-1]
			page.Cursor = last.Namespace + "/" + last.Name
			return page, nil
		}
		page.Experiments = append(page.Experiments, e)
	}
	return page, nil
}

var _ hone.NamespaceLister = (*Store)(nil)

// Namespaces lists the namespaces in which there are experiments.
func (s *Store) Namespaces(ctx context.Context) (all []string, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	for _, x := range s.sorted() {
		all = append(all, x.name.Namespace)
	}
	return slices.Compact(all), nil
}

// within reports whether a filter allows a namespace.
func within(f hone.ExperimentFilter, namespace string) bool {
	return (f.Namespace == "" || f.Namespace == namespace) && (len(f.Namespaces) == 0 || slices.Contains(f.Namespaces, namespace))
}

func (s *Store) sorted() []*experiment {
	all := make([]*experiment, 0, len(s.byName))
	for _, x := range s.byName {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *experiment) int { return compare(a.name, b.name) })
	return all
}

func compare(a, b hone.Name) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

// DeleteExperiment removes an experiment with everything that belongs to it.
func (s *Store) DeleteExperiment(ctx context.Context, uid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return err
	}
	delete(s.byName, x.name)
	delete(s.byUID, uid)
	return nil
}
