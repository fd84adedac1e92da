package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	freshFor  = 3 * time.Second // how long a row stands out after it has changed
	widestBox = 28              // columns that a value takes at most
)

// board is the live leaderboard: what is known of the trials, what of it is shown, and where the user is. It does
// nothing by itself: events, answers and keys come in, view draws it. It is used by one goroutine.
type board struct {
	name     hone.Name
	options  boardOptions
	look     look
	now      time.Time
	progress *progress // what the head says; nil until the experiment is there
	trials   map[int]*boardTrial
	loading  bool
	stale    bool   // the status has changed since it was fetched
	away     bool   // the service is
	message  string // the newest thing to tell, until a key is pressed
	quit     bool
	ended    bool // by Ctrl-C
	leaving  bool // the last picture is drawn

	layout boardLayout
	// order are the trials as they are shown.
	order   []*boardTrial
	unsaved bool // order is no longer right
	best    int
	// The place of the user: the trial on which the cursor stands, 0 for the first row whichever that is.
	cursor   int
	first    int // the first row that is drawn
	page     int // rows that were drawn
	sideways int // columns that are left out behind the fixed ones
	help     bool
	prompt   *prompt
	open     *openTrial
}

// boardTrial is a trial with what the board keeps of it.
type boardTrial struct {
	shownTrial
	changed time.Time // by the clock of this machine
}

// boardLayout are the columns and what is chosen of the trials.
type boardLayout struct {
	fields     []field[shownTrial]
	columns    []column
	metrics    []string
	visible    []int
	arranged   arrangement
	sortBy     int // -1 for the ranking
	descending bool
	states     []hone.TrialState
	where      []string
	widths     map[int]int
	beyond     int // columns that do not fit
}

func newBoard(n hone.Name, o boardOptions, k look, now time.Time) *board {
	return &board{name: n, options: o, look: k, now: now, trials: map[int]*boardTrial{}, loading: true,
		layout: boardLayout{sortBy: -1, states: o.states, where: o.arrange.where}}
}

// begin takes in the experiment, before its trials. It fails when a flag names no column.
func (b *board) begin(e hone.Experiment) error {
	b.progress = newProgress(e)
	b.trials, b.order, b.loading = map[int]*boardTrial{}, nil, true
	b.layout.metrics = nil
	if err := b.lay(); err != nil {
		return err
	}
	b.layout.sortBy, b.layout.descending = b.layout.arranged.sortBy, b.layout.arranged.descending
	return nil
}

// lay makes the columns.
func (b *board) lay() error {
	names := slices.Insert(without(leaderboardColumns(), "curve"), 10, "origin", "message")
	l := &b.layout
	l.fields = trialFields(b.experiment().Spec, l.metrics, names, b.look, func() time.Time { return b.now })
	l.columns = make([]column, len(l.fields))
	for i, f := range l.fields {
		l.columns[i] = f.column
	}
	r := b.options.arrange
	r.where = l.where
	r.columns = slices.DeleteFunc(slices.Clone(r.columns), func(name string) bool { // Enter shows the curve
		return strings.EqualFold(strings.TrimLeft(strings.TrimSpace(name), "+-"), "curve")
	})
	arranged, err := r.resolve(l.columns)
	if err != nil {
		return err
	}
	l.arranged, l.widths = arranged, map[int]int{}
	l.visible = arranged.visible(l.columns, func(c column) bool { return !c.wide || b.options.format == asWide })
	return nil
}

func (b *board) experiment() hone.Experiment { return b.progress.experiment }

// load takes in a page of the trials as they are. The last one is empty.
func (b *board) load(page []hone.Trial) {
	b.loading = len(page) > 0
	for _, t := range page {
		b.put(t)
	}
	b.unsaved = true
}

func (b *board) put(t hone.Trial) {
	t.Experiment = b.name.Name
	known, ok := b.trials[t.Number]
	if !ok {
		known = &boardTrial{}
		b.trials[t.Number] = known
	}
	known.Trial = t
	b.learn(t.Metrics)
	if t.State == hone.TrialRunning {
		l := b.progress.trial(t.Number)
		l.running, l.parameters = true, t.Parameters
		if t.StartTime != nil {
			l.start = *t.StartTime
		}
	}
}

// learn adds columns for metrics that were not known.
func (b *board) learn(metrics map[string]hone.Float) {
	found := false
	for name := range metrics {
		if !slices.Contains(b.layout.metrics, name) {
			b.layout.metrics, found = append(b.layout.metrics, name), true
		}
	}
	if !found {
		return
	}
	sorted := b.columnAt(b.layout.sortBy)
	_ = b.lay() // there are only more columns than before
	b.layout.sortBy = slices.IndexFunc(b.layout.columns, func(c column) bool { return c.name == sorted })
}

func (b *board) columnAt(i int) string {
	if i < 0 || i >= len(b.layout.columns) {
		return ""
	}
	return b.layout.columns[i].name
}

// status takes in the experiment as it is now.
func (b *board) status(e hone.Experiment) {
	b.progress.refresh(e)
	b.stale = false
}

// readings takes in running trials with their newest metrics.
func (b *board) readings(running []hone.Trial) {
	for _, t := range running {
		if known, ok := b.trials[t.Number]; ok && known.State == hone.TrialRunning && known.Attempt == t.Attempt {
			known.Metrics = t.Metrics
			b.learn(t.Metrics)
		}
	}
	b.unsaved = true
}

// events takes in what has happened.
func (b *board) events(batch []hone.Event) {
	for _, ev := range batch {
		if ev.Trial > 0 {
			b.event(ev)
		}
		b.progress.apply(ev)
		b.stale = b.stale || ev.Type != hone.EventHeartbeat
	}
}

// event brings a trial up to date.
func (b *board) event(ev hone.Event) {
	t, ok := b.trials[ev.Trial]
	if !ok {
		t = &boardTrial{shownTrial: shownTrial{Trial: hone.Trial{Experiment: b.name.Name, Number: ev.Trial, State: hone.TrialPending,
			Parameters: ev.Parameters, Origin: ev.Origin}}}
		b.trials[ev.Trial] = t
	}
	if t.apply(ev) || !ok {
		t.changed = b.now
		b.unsaved = true
		b.learn(t.Metrics)
	}
}

// running reports whether some trial is.
func (b *board) running() bool { return b.progress != nil && len(b.progress.running()) > 0 }

// tidy ranks, chooses and sorts the trials, if something has changed.
func (b *board) tidy() {
	if !b.unsaved || b.progress == nil {
		return
	}
	b.unsaved = false
	ranked := b.rank()
	l := &b.layout
	b.order = slices.DeleteFunc(ranked, func(t *boardTrial) bool {
		return len(l.states) > 0 && !slices.Contains(l.states, t.State) ||
			!allHold(l.arranged.conditions, func(at int) cell { return l.fields[at].cell(t.shownTrial) })
	})
	if l.sortBy >= 0 {
		b.sort(l.fields[l.sortBy].cell)
	}
	if top := b.options.query.Top; top > 0 && top < len(b.order) {
		b.order = b.order[:top]
	}
}

// rank orders all trials as a leaderboard does, and gives them their ranks.
func (b *board) rank() []*boardTrial {
	objective := b.experiment().Spec.Objective
	all := make([]*boardTrial, 0, len(b.trials))
	for _, t := range b.trials {
		if t.Origin != hone.OriginImported || b.options.query.Imported {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(x, y *boardTrial) int {
		switch xr, yr := x.Ranked(), y.Ranked(); {
		case xr != yr:
			return map[bool]int{true: -1, false: 1}[xr]
		case xr && objective.Better(float64(*x.Value), float64(*y.Value)):
			return -1
		case xr && objective.Better(float64(*y.Value), float64(*x.Value)):
			return 1
		}
		return cmp.Compare(x.Number, y.Number)
	})
	for i, t := range all {
		t.rank = 0
		if t.Ranked() {
			t.rank = i + 1
		}
	}
	b.best = 0
	if len(all) > 0 && all[0].rank == 1 {
		b.best = all[0].Number
	}
	return all
}

// sort orders by the cells of a column, each made once.
func (b *board) sort(of func(shownTrial) cell) {
	type keyed struct {
		key cell
		t   *boardTrial
	}
	keys := make([]keyed, len(b.order))
	for i, t := range b.order {
		keys[i] = keyed{of(t.shownTrial), t}
	}
	a := arrangement{descending: b.layout.descending}
	slices.SortStableFunc(keys, func(x, y keyed) int { return a.compare(x.key, y.key) })
	for i, k := range keys {
		b.order[i] = k.t
	}
}

// row is where the cursor stands.
func (b *board) row() int {
	if b.cursor == 0 {
		return 0
	}
	return max(0, slices.IndexFunc(b.order, func(t *boardTrial) bool { return t.Number == b.cursor }))
}

// choose shows only trials for which conditions hold: texts of --where, with "and" between them.
func (b *board) choose(text string) error {
	var where []string
	for _, part := range strings.Split(text, " and ") {
		if strings.TrimSpace(part) != "" {
			where = append(where, strings.TrimSpace(part))
		}
	}
	before := b.layout.where
	b.layout.where = where
	if err := b.lay(); err != nil {
		b.layout.where = before
		return err
	}
	b.unsaved = true
	return nil
}
