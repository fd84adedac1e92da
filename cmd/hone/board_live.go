package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/cmd/hone/tui"
)

const (
	frameEvery  = 40 * time.Millisecond  // the shortest time between two frames
	beatEvery   = 250 * time.Millisecond // what runs without events is looked at: clocks, readings
	statusEvery = 250 * time.Millisecond // the shortest time between two looks at the status
)

// stage is what the board plays on: a terminal, outside of tests.
type stage interface {
	Keys() <-chan tui.Key
	Resized() <-chan os.Signal
	Size() (width, height int)
	Draw(lines []string) error
	Redraw() // the next frame is drawn as a whole
	Close() error
}

// liveLoop brings the board together with the service and the terminal. Calls of the service run beside the loop and
// answer with what is to be done to the board.
type liveLoop struct {
	app     *app
	service hone.Service
	board   *board
	stage   stage
	answers chan func(*board) error
	// What is being asked, and when it may be asked again.
	asking map[string]bool
	next   map[string]time.Time
	// The log that is followed.
	log     logWish
	stopLog context.CancelFunc
	drawn   time.Time
	dirty   bool
	calls   sync.WaitGroup
}

// liveBoard shows the live leaderboard until the user leaves it.
func (a *app) liveBoard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions, st stage) error {
	l := &liveLoop{app: a, service: s, stage: st, board: newBoard(n, o, a.look, a.now()), answers: make(chan func(*board) error),
		asking: map[string]bool{}, next: map[string]time.Time{}, stopLog: func() {}}
	a.stderr.Hold()
	defer func() { _ = st.Close() }() // also when the program breaks
	err := l.run(ctx)
	width, height := st.Size()
	if closing := st.Close(); err == nil {
		err = closing
	}
	for _, line := range l.board.last(width, height) {
		_, _ = a.stdout.Write([]byte(line + "\n"))
	}
	a.stderr.Release()
	if err == nil && l.board.ended {
		return context.Canceled
	}
	return err
}

func (l *liveLoop) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(tryItself(ctx))
	defer l.calls.Wait()
	defer cancel()
	l.calls.Go(func() { l.feed(ctx) })
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	frame := time.NewTicker(frameEvery)
	defer frame.Stop()
	l.dirty = true
	for !l.board.quit {
		l.ask(ctx)
		if err := l.draw(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case k, ok := <-l.stage.Keys():
			if !ok {
				return errors.New("the terminal is gone")
			}
			if k == tui.CtrlL {
				l.stage.Redraw()
			}
			l.board.key(k)
			l.drawn = time.Time{} // at once
			l.dirty = true
		case answer := <-l.answers:
			if err := answer(l.board); err != nil {
				return err
			}
			l.dirty = true
		case <-l.stage.Resized():
			l.dirty = true
		case <-beat.C:
			l.tick()
		case <-frame.C:
		}
	}
	return nil
}

// tick moves the clock. What runs shows whole seconds, so that is when there is something to draw.
func (l *liveLoop) tick() {
	now := l.app.now()
	if now.Unix() != l.board.now.Unix() {
		l.dirty = true
	}
	l.board.now = now
	if t, ok := l.app.stderr.Held(); ok {
		l.board.message = t
		l.dirty = true
	}
}

// draw shows what has changed, but not too often.
func (l *liveLoop) draw() error {
	if now := time.Now(); l.dirty && now.Sub(l.drawn) >= frameEvery {
		l.dirty, l.drawn = false, now
		if l.board.progress != nil {
			l.board.progress.waiting = l.app.waiting(l.board.experiment())
		}
		width, height := l.stage.Size()
		return l.stage.Draw(l.board.view(width, height))
	}
	return nil
}

// post hands an answer to the loop.
func (l *liveLoop) post(ctx context.Context, answer func(*board) error) {
	select {
	case l.answers <- answer:
	case <-ctx.Done():
	}
}

// feed fetches the experiment, its trials page by page, and then what happens.
func (l *liveLoop) feed(ctx context.Context) {
	n := l.board.name
	b := &stubborn{forever: true, say: func(away bool, _ error) {
		l.post(ctx, func(b *board) error { b.away = away; return nil })
	}}
	for ctx.Err() == nil {
		e, err := l.load(ctx, n)
		if err == nil {
			b.answered()
			err = l.follow(ctx, e, b)
		}
		if err == nil {
			continue // another experiment has taken its place
		}
		if err := b.again(ctx, err); err != nil {
			l.post(ctx, func(*board) error { return err })
			return
		}
	}
}

func (l *liveLoop) load(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	e, err := l.service.GetExperiment(ctx, n)
	if err != nil {
		return e, err
	}
	l.post(ctx, func(b *board) error { return b.begin(e) })
	f := hone.TrialFilter{Limit: 1000}
	for {
		page, err := l.service.ListTrials(ctx, n, f)
		if err != nil {
			return e, err
		}
		if len(page.Trials) > 0 {
			f.After = page.Trials[len(page.Trials)-1].Number
			l.post(ctx, func(b *board) error { b.load(page.Trials); return nil })
		}
		if page.Cursor == "" || len(page.Trials) == 0 {
			l.post(ctx, func(b *board) error { b.load(nil); return nil })
			return e, nil
		}
	}
}

// errReplaced says that the experiment was deleted while the service was away, and another one has its name.
var errReplaced = errors.New("another experiment has taken its place")

// follow hands out what happens. It returns nil when there is another experiment of that name.
func (l *liveLoop) follow(ctx context.Context, e hone.Experiment, b *stubborn) error {
	b.back = func(ctx context.Context) error {
		now, err := l.service.GetExperiment(ctx, nameOf(e))
		if err == nil && now.UID != e.UID {
			return errReplaced
		}
		return err
	}
	for batch, err := range events(ctx, l.service, nameOf(e), e.Status.Events, b) {
		if errors.Is(err, errReplaced) {
			b.answered()
			return nil
		}
		if err != nil {
			return err
		}
		l.post(ctx, func(b *board) error { b.events(batch); return nil })
	}
	return ctx.Err()
}

// ask asks for what the board wants, each thing once at a time.
func (l *liveLoop) ask(ctx context.Context) {
	b := l.board
	if b.progress == nil {
		return
	}
	n := b.name
	if b.stale {
		l.call(ctx, "status", statusEvery, func(ctx context.Context) (func(*board), error) {
			e, err := l.service.GetExperiment(ctx, n)
			return func(b *board) { b.status(e) }, err
		})
	}
	if b.running() && !b.loading {
		l.call(ctx, "readings", lookEvery, func(ctx context.Context) (func(*board), error) {
			page, err := l.service.ListTrials(ctx, n, hone.TrialFilter{States: []hone.TrialState{hone.TrialRunning}, Limit: 200})
			return func(b *board) { b.readings(page.Trials) }, err
		})
	}
	if number := b.wantsReadings(); number != 0 {
		of := fetchedState{b.trials[number].Attempt, b.trials[number].State}
		l.call(ctx, "curve", lookEvery, func(ctx context.Context) (func(*board), error) {
			readings, err := l.service.Measurements(ctx, n, number, "")
			return func(b *board) { b.curve(number, of, readings) }, err
		})
	}
	if wish := b.wantsLog(); wish != l.log {
		l.stopLog()
		l.log = wish
		if wish != (logWish{}) {
			l.followLog(ctx, wish)
		}
	}
}

// call asks the service for something beside the loop, unless that is being asked. The pause after it is at least
// nine times as long as it took: what is large must not keep the service busy. An error is left to the feed, which
// finds out what it means.
func (l *liveLoop) call(ctx context.Context, what string, every time.Duration, f func(context.Context) (func(*board), error)) {
	now := time.Now()
	if what == "curve" && l.board.open.fetched == (fetchedState{}) {
		l.next[what] = time.Time{} // a trial that was just opened
	}
	if l.asking[what] || now.Before(l.next[what]) {
		return
	}
	l.asking[what] = true
	l.calls.Go(func() {
		done, err := f(ctx)
		took := time.Since(now)
		l.post(ctx, func(b *board) error {
			l.asking[what] = false
			l.next[what] = time.Now().Add(max(every, 9*took))
			if err == nil {
				done(b)
			}
			return nil
		})
	})
}

// followLog follows the log of the open trial.
func (l *liveLoop) followLog(ctx context.Context, wish logWish) {
	ctx, l.stopLog = context.WithCancel(ctx)
	// to changes the pane, if it is still the one.
	to := func(change func(*logPane)) {
		l.post(ctx, func(b *board) error {
			if ctx.Err() == nil && b.wantsLog() == wish {
				change(&b.open.log)
			}
			return nil
		})
	}
	write := func(_ string, p []byte) error {
		data := string(p)
		to(func(pane *logPane) { pane.write(data) })
		return ctx.Err()
	}
	f := &logFollower{service: l.service, name: l.board.name, number: wish.number,
		query: hone.LogQuery{Stream: wish.stream, Tail: paneTail, Follow: true}, write: write,
		say: func(format string, args ...any) {
			to(func(pane *logPane) { pane.note(fmt.Sprintf(format, args...)) })
		},
		patient: func() *stubborn { return &stubborn{forever: true, begun: true, say: func(bool, error) {}} },
	}
	l.calls.Go(func() {
		var m *mixer
		if wish.stream == "" {
			m = newMixer(writerFunc(func(p []byte) (int, error) { return len(p), write("", p) }))
			defer m.close()
			f.write = m.write
		}
		err := f.run(ctx)
		if m != nil {
			_ = m.flush()
		}
		if err != nil && ctx.Err() == nil {
			to(func(pane *logPane) { pane.note(err.Error()) })
		}
	})
}
