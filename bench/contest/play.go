package contest

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/problems"
)

// Task is one run to play.
type Task struct {
	Contestant Contestant
	Problem    *problems.Problem
	Mode       Mode
	Seed       uint64
	Trials     int
}

// Key is that of the record that the run will leave.
func (t Task) Key() Key {
	return Key{t.Contestant.Info().Name, t.Problem.Name, t.Mode, t.Seed, t.Trials}
}

// Play plays one run. What goes wrong with the contestant stands in the record's Error and in the error that is
// returned besides.
func Play(ctx context.Context, t Task) (Record, error) {
	info := t.Contestant.Info()
	g := &game{task: t, seen: map[string]bool{}, observed: math.NaN(), truth: math.NaN(), record: Record{
		Contestant: info.Name, Own: info.Own, Slow: info.Slow, Date: time.Now().UTC().Truncate(time.Second),
		Problem: t.Problem.Name, Group: string(t.Problem.Group), Dimensions: t.Problem.Space.Len(), Small: t.Problem.Small, Reserve: t.Problem.Reserve,
		Mode: t.Mode, Seed: t.Seed, Trials: t.Trials,
	}}
	if err := g.play(ctx); err != nil {
		g.record.Regret, g.record.Seconds, g.record.Error = nil, nil, err.Error()
		return g.record, err
	}
	g.record.Cholesky = choleskyTime(t.Trials).Seconds()
	return g.record, nil
}

// game is a run while it is played.
type game struct {
	task   Task
	tuner  Tuner
	record Record
	seen   map[string]bool
	// started counts the trials.
	started int
	// observed is the best that the tuner saw, truth what that point is worth without noise.
	observed, truth float64
}

// trial is one that runs.
type trial struct {
	point    Point
	number   int // from 0
	finishes float64
}

func (g *game) play(ctx context.Context) (err error) {
	t := g.task
	g.tuner, err = t.Contestant.Start(ctx, Setup{Space: t.Problem.Space, Seed: t.Seed, Trials: t.Trials, Parallel: t.Mode.Parallel()})
	if err != nil {
		return err
	}
	defer func() {
		if closing := g.tuner.Close(); err == nil {
			err = closing
		}
	}()
	g.record.Version = g.tuner.Version()
	if t.Mode == Async10 {
		err = g.workers(ctx, t.Mode.Parallel())
	} else {
		err = g.rounds(ctx, t.Mode.Parallel())
	}
	if err == nil && len(g.record.Regret) == 0 {
		err = hone.Errorf(hone.Internal, "no point was proposed")
	}
	return err
}

// rounds asks for a number of points, and tells all their results, until the budget is used up.
func (g *game) rounds(ctx context.Context, parallel int) error {
	for g.started < g.task.Trials {
		trials, err := g.ask(ctx, min(parallel, g.task.Trials-g.started))
		if err != nil || len(trials) == 0 {
			return err
		}
		if err := g.finish(ctx, trials); err != nil {
			return err
		}
	}
	return nil
}

// workers keeps a number of workers busy on a clock that is only counted. A trial takes as long whoever proposed
// it: its time depends on its number.
func (g *game) workers(ctx context.Context, count int) error {
	var running []trial
	now, exhausted := 0.0, false
	for {
		for len(running) < count && g.started < g.task.Trials && !exhausted {
			trials, err := g.ask(ctx, 1)
			if err != nil {
				return err
			}
			exhausted = len(trials) == 0
			for _, t := range trials {
				t.finishes = now + math.Exp(durationSpread*g.stream(t.number, 1).NormFloat64())
				running = append(running, t)
			}
		}
		if len(running) == 0 {
			return nil
		}
		next := 0
		for i, t := range running {
			if t.finishes < running[next].finishes {
				next = i
			}
		}
		ended := running[next]
		now = ended.finishes
		running = append(running[:next], running[next+1:]...)
		if err := g.finish(ctx, []trial{ended}); err != nil {
			return err
		}
	}
}

// durationSpread is the standard deviation of the logarithm of a trial's duration.
const durationSpread = 0.75

// stream is a source of randomness for one trial: the same for all contestants.
func (g *game) stream(number, purpose int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(g.task.Problem.Name))
	return rand.New(rand.NewPCG(h.Sum64()+uint64(purpose), g.task.Seed<<32+uint64(number)))
}

// ask starts trials.
func (g *game) ask(ctx context.Context, count int) ([]trial, error) {
	points, elapsed, err := g.tuner.Ask(ctx, count)
	if err != nil {
		return nil, err
	}
	if len(points) > count {
		return nil, hone.Errorf(hone.Internal, "%d points came where %d were asked for", len(points), count)
	}
	trials := make([]trial, len(points))
	for i, p := range points {
		trials[i] = trial{point: p, number: g.started}
		g.started++
		g.record.Seconds = append(g.record.Seconds, elapsed.Seconds()/float64(len(points)))
		g.note(p)
	}
	return trials, nil
}

// note counts what is odd about a proposal.
func (g *game) note(p Point) {
	if p.Parameters == nil {
		g.record.Outside++
		if g.record.Fault == "" {
			g.record.Fault = p.Fault
		}
		return
	}
	key := p.Parameters.Key()
	if g.seen[key] {
		g.record.Duplicates++
	}
	g.seen[key] = true
}

// finish evaluates trials and tells the tuner.
func (g *game) finish(ctx context.Context, trials []trial) error {
	results := make([]Result, len(trials))
	for i, t := range trials {
		value, err := g.evaluate(t)
		if err != nil {
			return err
		}
		results[i] = Result{ID: t.point.ID, Value: value}
	}
	elapsed, err := g.tuner.Tell(ctx, results)
	if err != nil {
		return err
	}
	for _, t := range trials {
		g.record.Seconds[t.number] += elapsed.Seconds() / float64(len(trials))
	}
	return nil
}

// evaluate finds out what a trial is worth, and how good the best is then. It returns what the tuner sees.
func (g *game) evaluate(t trial) (float64, error) {
	p, value := g.task.Problem, math.NaN()
	if a := t.point.Parameters; a != nil && p.Space.Satisfies(a) {
		value = p.Observe(a, g.stream(t.number, 0))
	}
	if !hone.Float(value).Finite() {
		value = math.NaN()
		g.record.Failures++
	} else if !(value >= g.observed) {
		g.observed, g.truth = value, value
		if p.Group != problems.Live { // a training is not done twice
			g.truth = p.Value(t.point.Parameters)
		}
	}
	regret := p.Regret(g.truth)
	if !hone.Float(regret).Finite() {
		return 0, hone.Errorf(hone.Internal, "the regret of %g is %g: the problem's typical value is its optimum", g.truth, regret)
	}
	g.record.Regret = append(g.record.Regret, regret)
	return value, nil
}
