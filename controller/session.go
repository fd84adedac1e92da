package controller

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller/earlystop"
)

// session is an experiment in memory: the only place in a process that changes it. What it holds is what
// the store holds; it is dropped and loaded again at will.
type session struct {
	c     *Controller
	uid   string
	space *hone.Space
	// name, objective and external never change, and so need no lock.
	name      hone.Name
	objective hone.Objective
	external  bool
	loaded    hone.Experiment // as it was loaded: for what never changes

	mu       sync.Mutex
	exp      hone.Experiment
	live     map[int]*liveTrial
	order    []*hone.Trial // the same trials by number; nobody changes them
	recalled bool          // the history is there: ended, history and stopper
	ended    []hone.Trial  // in the order of finishing, without their metrics
	history  hone.History
	foreseen hone.History  // the history with the ends that are being recorded
	changed  chan struct{} // closed at every change, then made anew
	deleted  bool
	deleting bool // nothing new may begin

	// of the loop, which runs while the experiment is driven
	loop        chan struct{} // closed when the loop has ended; nil while there is none
	wake        chan struct{}
	inbox       []finished
	attached    bool
	interrupted bool
	exhausted   bool
	took        time.Duration // by the latest suggestion
	outage      outage
	toldWaiting bool      // that there is no place
	moved       time.Time // when something was recorded last that is no heartbeat
	failure     error     // why the loop gave up
	holdUntil   time.Time // nothing is started before, since starting failed
	launch      launch

	// of the loop alone
	asking *question // the question that is being asked; nil for none
	askers sync.WaitGroup

	// of an external experiment
	door      door
	looping   atomic.Bool // there is a loop
	serving   atomic.Bool // and it gives trials to those who ask
	tells     []*telling  // let in, and not answered yet
	asks      []*asking
	asksFirst bool             // it is the turn of the asks
	owned     map[string][]int // the running trials of each client, by number
	leases    leases

	stopMu  sync.Mutex
	stopper hone.EarlyStopper // nil when trials are not ended early
}

// launch is what the process that submitted the experiment gave for its trials.
type launch struct {
	directory   string
	environment []string
	retention   hone.Retention
	own         bool // nobody submitted it: it is the service's own
}

// liveTrial is a trial that has not ended.
type liveTrial struct {
	hone.Trial
	curve   *liveCurve // of the trial
	started bool       // the runner has the attempt, so that it can be stopped
	fresh   bool       // the attempt was begun by this process, and so by nobody before
	seen    time.Time  // when the worker of an external trial gave its last sign
}

// load reads an experiment into memory. Its history is read only when it is needed.
func (c *Controller) load(ctx context.Context, e hone.Experiment) (*session, error) {
	space, err := e.Spec.SearchSpace.Compile(c.Decoder)
	if err != nil {
		return nil, hone.Errorf(hone.DataLoss, "the stored experiment %q no longer compiles: %w", e.Name, err)
	}
	live, err := c.Store.Trials(ctx, e.UID, hone.TrialFilter{States: []hone.TrialState{hone.TrialPending, hone.TrialRunning}})
	if err != nil {
		return nil, err
	}
	s := &session{c: c, uid: e.UID, space: space, name: hone.Name{Namespace: e.Namespace, Name: e.Name}, objective: e.Spec.Objective, external: e.Spec.External(), loaded: e, exp: e, live: map[int]*liveTrial{},
		owned: map[string][]int{}, changed: make(chan struct{}), wake: make(chan struct{}, 1)}
	for _, t := range live {
		s.live[t.Number] = &liveTrial{Trial: t, curve: &liveCurve{}}
		s.line(t)
		s.own(hone.Trial{}, s.live[t.Number], true)
	}
	s.placed()
	if !e.Status.Seen.IsZero() { // whoever ran it has gone: this process owns the store now
		return s, s.record(ctx, hone.Event{Type: hone.EventDetached, Reason: hone.Lost, Message: "the process that ran it vanished"})
	}
	return s, nil
}

// needHistory reads the history, unless it is there. The lock is held.
func (s *session) needHistory(ctx context.Context) error {
	if s.recalled {
		return nil
	}
	return s.loadHistory(ctx)
}

// dropHistory leaves what takes memory to be read again when it is needed. The lock is held.
func (s *session) dropHistory() {
	s.recalled, s.ended, s.history = false, nil, hone.History{}
	s.stopMu.Lock()
	s.stopper = nil
	s.stopMu.Unlock()
	s.c.Suggester.Forget(s.uid)
}

// loadHistory makes the history anew from what is stored. Its name is a new one in this process, since what
// an algorithm keeps goes by it. The lock is held.
func (s *session) loadHistory(ctx context.Context) error {
	ended, err := s.c.Store.Finished(ctx, s.uid)
	if err != nil {
		return err
	}
	outcomes := make([]hone.Outcome, len(ended))
	for i, t := range ended {
		outcomes[i] = hone.OutcomeOf(t)
		ended[i].Metrics = nil
	}
	s.ended = ended
	s.history = hone.NewHistory(fmt.Sprintf("%s#%d", s.uid, s.c.views.Add(1)), outcomes...)
	if err := s.loadStopper(ctx); err != nil {
		return err
	}
	s.recalled = true
	return nil
}

// loadStopper shows the early stopping rule the curves of the trials that it learns from.
func (s *session) loadStopper(ctx context.Context) error {
	stopper, err := earlystop.New(s.exp.Spec.EarlyStopping, s.exp.Spec.Objective)
	if err != nil || stopper == nil {
		return err
	}
	for _, t := range s.ended {
		if t.State != hone.TrialSucceeded {
			continue
		}
		batches, err := s.c.Store.Batches(ctx, s.uid, t.Number)
		if err != nil {
			return err
		}
		stopper.Finished(objectiveOnly(hone.Readings(batches), s.exp.Spec.Objective.Metric))
	}
	s.stopMu.Lock()
	s.stopper = stopper
	s.stopMu.Unlock()
	return nil
}

func objectiveOnly(ms []hone.Measurement, metric string) []hone.Measurement {
	return slices.DeleteFunc(ms, func(m hone.Measurement) bool { return m.Metric != metric })
}

// record folds events into the experiment, stores them, and takes the new state over. The lock is held.
// When an event is refused or the store fails, nothing has changed.
func (s *session) record(ctx context.Context, events ...hone.Event) error {
	return s.recordWith(ctx, nil, events...)
}

// recordWith is record, with readings that are stored in the same transaction.
func (s *session) recordWith(ctx context.Context, readings []hone.Batch, events ...hone.Event) error {
	_, err := s.recordAll(ctx, readings, events)
	return err
}

// recordAll is recordWith, telling what the trials that the events name have become.
func (s *session) recordAll(ctx context.Context, readings []hone.Batch, events []hone.Event) (map[int]hone.Trial, error) {
	exp, trials, err := s.fold(ctx, events)
	if err != nil {
		return nil, err
	}
	if err := s.covered(exp, events); err != nil {
		return nil, err
	}
	if _, err := s.c.Store.Conclude(ctx, s.uid, readings, events...); err != nil {
		return nil, err
	}
	s.exp = exp
	if events[0].Type != hone.EventHeartbeat {
		s.moved = s.c.now()
	}
	s.placed()
	s.c.census.see(exp)
	s.c.counters.ended(events)
	err = s.adopt(ctx, events, trials)
	close(s.changed)
	s.changed = make(chan struct{})
	return trials, err
}

// fold numbers and dates events and says what the experiment and the trials that they name become.
func (s *session) fold(ctx context.Context, events []hone.Event) (hone.Experiment, map[int]hone.Trial, error) {
	exp, now := s.exp, s.c.now()
	trials := map[int]hone.Trial{}
	for i := range events {
		ev := &events[i]
		ev.Sequence, ev.Time = exp.Status.Events+1, now
		t, ok := trials[ev.Trial]
		if !ok {
			var err error
			if t, err = s.trial(ctx, ev.Trial, ev.Type); err != nil {
				return exp, nil, err
			}
		}
		var err error
		if exp, t, err = hone.Fold(exp, t, *ev); err != nil {
			return exp, nil, err
		}
		if ev.Trial != 0 {
			trials[ev.Trial] = t
		}
	}
	return exp, trials, nil
}

// trial finds the trial that an event is about: the zero Trial if the event creates it or names none.
func (s *session) trial(ctx context.Context, number int, by hone.EventType) (hone.Trial, error) {
	if number == 0 || by == hone.EventTrialCreated || by == hone.EventTrialImported {
		return hone.Trial{}, nil
	}
	if l, ok := s.live[number]; ok {
		return l.Trial, nil
	}
	return s.c.Store.Trial(ctx, s.uid, number)
}

// adopt takes over what became of the trials.
func (s *session) adopt(ctx context.Context, events []hone.Event, trials map[int]hone.Trial) error {
	retried := false
	for _, ev := range events {
		t, ok := trials[ev.Trial]
		if !ok {
			continue
		}
		retried = retried || ev.Type == hone.EventTrialRetried
		s.line(t)
		if !t.State.Ended() {
			l := s.live[t.Number]
			if l == nil { // nothing was measured before it was created; a retried trial has readings
				l = &liveTrial{curve: &liveCurve{complete: ev.Type == hone.EventTrialCreated}}
				s.live[t.Number] = l
			}
			before := l.Trial
			l.Trial, l.started = t, l.started && t.State == hone.TrialRunning
			s.own(before, l, ev.Type == hone.EventTrialStarted)
			l.fresh = ev.Type == hone.EventTrialStarted || l.fresh && t.State == hone.TrialRunning
			continue
		}
		if l := s.live[t.Number]; l != nil {
			s.own(l.Trial, &liveTrial{Trial: t}, false)
		}
		delete(s.live, t.Number)
		if s.recalled && (ev.Type == hone.EventTrialEnded || ev.Type == hone.EventTrialImported) {
			s.remember(t)
			t.Metrics = nil
			s.ended = append(s.ended, t)
		}
	}
	if retried && s.recalled {
		return s.loadHistory(ctx)
	}
	return nil
}

// remember adds an end to the history. What was foreseen of it is taken over as it is: an algorithm that is
// at work may be reading it. The lock is held.
func (s *session) remember(t hone.Trial) {
	n := s.history.Len()
	if f := s.foreseen; f.ID() == s.history.ID() && f.Len() > n && f.At(n).Number == t.Number && f.At(n).Finished == t.Finished {
		s.history = f.Upto(n + 1)
		return
	}
	s.history = s.history.Append(hone.OutcomeOf(t))
}

// nudge makes the loop look again.
func (s *session) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
