package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func experiments() []testCase {
	return []testCase{
		{"what was created is found by its name", createAndFind},
		{"a name can be taken once in each namespace", nameTaken},
		{"an unfit experiment or first event is refused", unfitExperiments},
		{"nothing is shared with the caller", experimentsAreCopies},
		{"lists go by namespace and name, in pages", listPages},
		{"lists can be of one state", listOfState},
		{"the namespaces are those in which there are experiments", listNamespaces},
		{"a deleted experiment is gone with everything, and its name is free", deleteAll},
		{"deleting leaves the neighbours alone", deleteOne},
		{"what was created survives closing", experimentSurvives},
		{"a closed store and an ended context are errors", closedStore},
	}
}

func createAndFind(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	want := sample("digits")
	created, err := s.CreateExperiment(ctx, want, hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated})
	require.NoError(t, err)
	require.Equal(t, hone.ExperimentCreated, created.Status.State)
	require.Equal(t, epoch(), created.Created)
	require.Equal(t, want.Spec, created.Spec)

	found, err := s.Experiment(ctx, "default", "digits")
	require.NoError(t, err)
	require.Equal(t, created, found)
	found, err = s.Experiment(ctx, "", "digits")
	require.NoError(t, err, "no namespace means the default one")
	require.Equal(t, created, found)

	_, err = s.Experiment(ctx, "default", "other")
	require.ErrorIs(t, err, hone.NotFound)
	_, err = s.Experiment(ctx, "other", "digits")
	require.ErrorIs(t, err, hone.NotFound)
}

func nameTaken(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	created := hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated}
	begin(t, s, "digits")
	other := sample("digits")
	other.UID = "another"
	_, err := s.CreateExperiment(ctx, other, created)
	require.ErrorIs(t, err, hone.AlreadyExists)
	other.Name = "more-digits"
	other.UID = "uid-digits"
	_, err = s.CreateExperiment(ctx, other, created)
	require.ErrorIs(t, err, hone.AlreadyExists, "a UID is taken once")
	other = sample("digits")
	other.UID, other.Namespace = "another", "team"
	_, err = s.CreateExperiment(ctx, other, created)
	require.NoError(t, err)
	other.UID, other.Namespace = "third", ""
	_, err = s.CreateExperiment(ctx, other, created)
	require.ErrorIs(t, err, hone.AlreadyExists, "no namespace means the default one")
}

func unfitExperiments(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	good := hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated}
	for name, c := range map[string]struct {
		change func(e *hone.Experiment, ev *hone.Event)
		kind   hone.Kind
	}{
		"no UID":             {func(e *hone.Experiment, _ *hone.Event) { e.UID = "" }, hone.InvalidArgument},
		"no name":            {func(e *hone.Experiment, _ *hone.Event) { e.Name = "" }, hone.InvalidArgument},
		"a zero in the name": {func(e *hone.Experiment, _ *hone.Event) { e.Name = "a\x00b" }, hone.InvalidArgument},
		"another event":      {func(_ *hone.Experiment, ev *hone.Event) { ev.Type = hone.EventAttached }, hone.InvalidArgument},
		"a second event":     {func(_ *hone.Experiment, ev *hone.Event) { ev.Sequence = 2 }, hone.Conflict},
		"a state already":    {func(e *hone.Experiment, _ *hone.Event) { e.Status.State = hone.ExperimentRunning }, hone.Conflict},
	} {
		e, ev := sample("digits"), good
		c.change(&e, &ev)
		_, err := s.CreateExperiment(ctx, e, ev)
		require.ErrorIs(t, err, c.kind, name)
	}
	page, err := s.Experiments(ctx, hone.ExperimentFilter{})
	require.NoError(t, err)
	require.Empty(t, page.Experiments)
}

// text is all of a value, to see whether it was changed.
func text(t *testing.T, v any) string {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

// scribble changes everything in an experiment that lies behind a pointer, a slice or a map.
func scribble(e *hone.Experiment) {
	e.Labels["team"] = "scribble"
	*e.Spec.Objective.Target = -1
	e.Spec.Parameters[0].Name = "scribble"
	e.Spec.Parameters[1].Values[0] = hone.String("scribble")
	e.Spec.Parameters[2].Conditions[0].Values[0] = hone.String("scribble")
	e.Spec.Parameters[2].Conditions[0].Parameter = "scribble"
	e.Spec.Constraints[0] = "scribble"
	*e.Spec.Algorithm.Seed = 0
	e.Spec.Algorithm.Settings["points"] = hone.Bool(true)
	e.Spec.Initial[0]["lr"] = hone.Number(-1)
	*e.Spec.Budget.Failures = -1
	e.Spec.Stop.Plateau.Trials = -1
	e.Spec.EarlyStopping.Settings["startTrials"] = hone.Bool(true)
	e.Spec.Metrics.Record[0] = "scribble"
	e.Spec.Trial.Command[0] = "scribble"
	e.Spec.Trial.Env["A"] = "scribble"
	*e.Spec.Trial.Grace = -1
	*e.Spec.Trial.Retries = -1
	e.Spec.Trial.Manifest[0] = 'x'
	if e.Status.StartTime != nil {
		*e.Status.StartTime = epoch().AddDate(1, 0, 0)
	}
	if e.Status.Best != nil {
		e.Status.Best.Value = -1
	}
	for i := range e.Status.Queue {
		e.Status.Queue[i] = nil
	}
}

func listNamespaces(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	lister, ok := s.(hone.NamespaceLister)
	require.True(t, ok, "a store knows its namespaces")
	requireNamespaces := func(want ...string) {
		t.Helper()
		all, err := lister.Namespaces(ctx)
		require.NoError(t, err)
		require.Equal(t, want, all)
	}
	requireNamespaces()
	for _, name := range []hone.Name{{Namespace: "team", Name: "z"}, {Namespace: "team", Name: "a"}, {Namespace: "team-b", Name: "a"},
		{Namespace: "tea", Name: "a"}, {Namespace: "a", Name: "a"}} {
		e := sample(name.Name)
		e.UID, e.Namespace = name.Namespace+"/"+name.Name, name.Namespace
		beginAs(t, s, e)
	}
	requireNamespaces("a", "tea", "team", "team-b")
	require.NoError(t, s.DeleteExperiment(ctx, "tea/a"))
	require.NoError(t, s.DeleteExperiment(ctx, "team/z"))
	requireNamespaces("a", "team", "team-b")
}

func experimentsAreCopies(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	e := sample("digits")
	d := beginAs(t, s, e)
	scribble(&e)
	d.finished(0.5)
	d.record(hone.Event{Type: hone.EventEnqueued, Parameters: point(9)})
	want, err := s.Experiment(ctx, "default", "digits")
	require.NoError(t, err)
	require.Equal(t, sample("digits").Spec, want.Spec)
	before := text(t, want)

	scribble(&d.last) // what Record returned
	scribble(&want)   // what Experiment returned
	page, err := s.Experiments(ctx, hone.ExperimentFilter{})
	require.NoError(t, err)
	require.Equal(t, before, text(t, page.Experiments[0]))
	scribble(&page.Experiments[0])
	after, err := s.Record(ctx, d.uid)
	require.NoError(t, err)
	require.Equal(t, before, text(t, after), "an empty list of events changes nothing")
	scribble(&after)
	again, err := s.Experiment(ctx, "default", "digits")
	require.NoError(t, err)
	require.Equal(t, before, text(t, again))
}

func listPages(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	var want []string
	for _, namespace := range []string{"a", "a-b", "b"} { // "a-b/x" sorts behind "a/x" though '-' is before '/'
		for i := range 5 {
			e := sample(nameOf(i))
			e.Namespace, e.UID = namespace, namespace+nameOf(i)
			want = append(want, namespace+"/"+e.Name)
			beginAs(t, s, e)
		}
	}
	for _, limit := range []int{0, 1, 4, 5, 14, 15, 16} {
		t.Run(fmt.Sprintf("limit %d", limit), func(t *testing.T) {
			require.Equal(t, want, listAll(t, s, hone.ExperimentFilter{Limit: limit}))
			require.Equal(t, want[:5], listAll(t, s, hone.ExperimentFilter{Limit: limit, Namespace: "a"}))
			require.Equal(t, want[5:10], listAll(t, s, hone.ExperimentFilter{Limit: limit, Namespace: "a-b"}))
			require.Empty(t, listAll(t, s, hone.ExperimentFilter{Limit: limit, Namespace: "c"}))
			allowed := func(namespaces ...string) hone.ExperimentFilter {
				return hone.ExperimentFilter{Limit: limit, Namespaces: namespaces}
			}
			require.Equal(t, want[:10], listAll(t, s, allowed("a-b", "a")))
			require.Equal(t, want[10:], listAll(t, s, allowed("b", "c")))
			require.Empty(t, listAll(t, s, allowed("a-")))
			both := allowed("b")
			both.Namespace = "a"
			require.Empty(t, listAll(t, s, both))
		})
	}
	_, err := s.Experiments(ctx, hone.ExperimentFilter{Cursor: "!"})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

// listAll goes through all pages. All but the last are full.
func listAll(t *testing.T, s hone.Store, f hone.ExperimentFilter) (names []string) {
	for {
		page, err := s.Experiments(t.Context(), f)
		require.NoError(t, err)
		for _, e := range page.Experiments {
			names = append(names, e.Namespace+"/"+e.Name)
		}
		if page.Cursor == "" {
			return names
		}
		require.Len(t, page.Experiments, f.Limit)
		f.Cursor = page.Cursor
	}
}

func listOfState(t *testing.T, subject Subject) {
	s := subject.Open(t)
	for i := range 9 {
		if d := begin(t, s, nameOf(i)); i%3 == 0 {
			d.record(hone.Event{Type: hone.EventPaused})
		}
	}
	want := []string{"default/e000", "default/e003", "default/e006"}
	for _, limit := range []int{0, 1, 2, 3} {
		require.Equal(t, want, listAll(t, s, hone.ExperimentFilter{Limit: limit, State: hone.ExperimentPaused}))
	}
	require.Len(t, listAll(t, s, hone.ExperimentFilter{State: hone.ExperimentRunning}), 6)
	require.Empty(t, listAll(t, s, hone.ExperimentFilter{State: hone.ExperimentFailed}))
}

func deleteAll(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	number := d.finished(0.5)
	_, err := d.append(hone.Batch{Number: number, Attempt: 1, Measurements: readings("loss", 1, 3)})
	require.NoError(t, err)
	require.NoError(t, s.DeleteExperiment(ctx, d.uid))

	_, err = s.Experiment(ctx, "default", "digits")
	require.ErrorIs(t, err, hone.NotFound)
	for name, ask := range questions(d.uid, number) {
		require.ErrorIs(t, ask(ctx, s), hone.NotFound, name)
	}
	require.Empty(t, listAll(t, s, hone.ExperimentFilter{}))

	again := begin(t, s, "digits")
	require.Empty(t, again.ranking(0, true))
	require.Empty(t, again.order())
	number = again.start()
	require.Empty(t, again.batches(number))
	require.Equal(t, int64(4), again.last.Status.Events)
}

// questions are all methods that ask for, or change, what belongs to an experiment.
func questions(uid string, number int) map[string]func(context.Context, hone.Store) error {
	return map[string]func(context.Context, hone.Store) error{
		"DeleteExperiment": func(ctx context.Context, s hone.Store) error { return s.DeleteExperiment(ctx, uid) },
		"Record":           func(ctx context.Context, s hone.Store) error { _, err := s.Record(ctx, uid); return err },
		"Conclude": func(ctx context.Context, s hone.Store) error {
			_, err := s.Conclude(ctx, uid, []hone.Batch{{Number: number, Attempt: 1}})
			return err
		},
		"Events": func(ctx context.Context, s hone.Store) error { _, err := s.Events(ctx, uid, 0, 0); return err },
		"Trial":  func(ctx context.Context, s hone.Store) error { _, err := s.Trial(ctx, uid, number); return err },
		"Trials": func(ctx context.Context, s hone.Store) error {
			_, err := s.Trials(ctx, uid, hone.TrialFilter{})
			return err
		},
		"Ranking":  func(ctx context.Context, s hone.Store) error { _, err := s.Ranking(ctx, uid, 0, true); return err },
		"Finished": func(ctx context.Context, s hone.Store) error { _, err := s.Finished(ctx, uid); return err },
		"Append": func(ctx context.Context, s hone.Store) error {
			_, err := s.Append(ctx, uid, hone.Batch{Number: number, Attempt: 1})
			return err
		},
		"Batches": func(ctx context.Context, s hone.Store) error { _, err := s.Batches(ctx, uid, number); return err },
		"Cursor": func(ctx context.Context, s hone.Store) error {
			_, _, err := s.Cursor(ctx, uid, number, 1, "")
			return err
		},
	}
}

func deleteOne(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	var all []*driver
	for i := range 3 {
		d := begin(t, s, nameOf(i))
		number := d.finished(0.5)
		_, err := d.append(hone.Batch{Number: number, Attempt: 1, Measurements: readings("loss", 1, 3)})
		require.NoError(t, err)
		all = append(all, d)
	}
	require.NoError(t, s.DeleteExperiment(ctx, all[1].uid))
	if subject.Reopen != nil {
		s = subject.Reopen(t, s)
	}
	for _, i := range []int{0, 2} {
		d := all[i]
		d.store = s
		require.Equal(t, []int{1}, d.ranking(0, false))
		require.Equal(t, []int{1}, d.order())
		require.Len(t, d.batches(1), 1)
		d.finished(0.7)
		require.Equal(t, []int{2, 1}, d.ranking(0, false))
	}
}

func experimentSurvives(t *testing.T, subject Subject) {
	if subject.Reopen == nil {
		t.Skip("this store leaves nothing behind")
	}
	s := subject.Open(t)
	d := begin(t, s, "digits")
	number := d.finished(0.5)
	d.start()
	d.record(hone.Event{Type: hone.EventEnqueued, Parameters: point(9)})
	_, err := d.append(hone.Batch{Number: number, Attempt: 1, Source: "stdout", Cursor: []byte("17"), Measurements: readings("loss", 1, 3)})
	require.NoError(t, err)
	before := snapshot(t, d)

	d.store = subject.Reopen(t, s)
	require.Equal(t, before, snapshot(t, d))
	found, err := d.store.Experiment(t.Context(), "default", "digits")
	require.NoError(t, err)
	require.Equal(t, text(t, d.last), text(t, found))
	d.finished(0.9)
	require.Equal(t, []int{3, 1, 2}, d.ranking(0, false))
}

// snapshot is everything that a store knows of an experiment.
func snapshot(t require.TestingT, d *driver) map[string]any {
	ctx := context.Background()
	e, err := d.store.Record(ctx, d.uid)
	require.NoError(t, err)
	evs, err := d.store.Events(ctx, d.uid, 0, 0)
	require.NoError(t, err)
	all, err := d.store.Trials(ctx, d.uid, hone.TrialFilter{})
	require.NoError(t, err)
	curves := map[int]any{}
	for _, trial := range all {
		curves[trial.Number] = hone.Readings(d.batches(trial.Number))
	}
	data, err := json.Marshal(map[string]any{"experiment": e, "events": evs, "trials": all, "curves": curves,
		"ranking": d.ranking(0, true), "order": d.order()})
	require.NoError(t, err)
	var out map[string]any
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

func closedStore(t *testing.T, subject Subject) {
	s := subject.Open(t)
	d := begin(t, s, "digits")
	number := d.start()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ask := range questions(d.uid, number) {
		require.ErrorIs(t, ask(gone, s), context.Canceled, name)
	}
	require.NoError(t, s.Close())
	for name, ask := range questions(d.uid, number) {
		require.ErrorIs(t, ask(t.Context(), s), hone.Unavailable, name)
	}
	require.NoError(t, s.Close(), "closing again does nothing")
}
