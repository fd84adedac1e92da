package contest_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
	"github.com/hone-tuner/hone/bench/problems"
)

// bowl is a smooth problem with its optimum at 0.3 in each of two parameters.
func bowl() *problems.Problem {
	space, err := hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)).Compile(nil)
	if err != nil {
		panic(err)
	}
	return &problems.Problem{Name: "bowl", Group: problems.Classic, Space: space, Small: true, Value: func(a hone.Assignments) float64 {
		sum := 0.0
		for _, x := range a {
			sum += (x.Value.Float() - 0.3) * (x.Value.Float() - 0.3)
		}
		return sum
	}}
}

// ladder has nine points, the first third of which have no value.
func ladder() *problems.Problem {
	space, err := hone.NewSpace(hone.Int("n", 1, 9)).Compile(nil)
	if err != nil {
		panic(err)
	}
	return &problems.Problem{Name: "ladder", Group: problems.Infeasible, Space: space, Optimum: 4, Value: func(a hone.Assignments) float64 {
		if n := a[0].Value.Float(); n > 3 {
			return n
		}
		return math.NaN()
	}}
}

func own(t *testing.T, text string) contest.Contestant {
	name, spec, ok := contest.ParseOwn(text)
	require.True(t, ok)
	c, err := contest.NewOwn(name, "abc", spec, hclog.NewNullLogger())
	require.NoError(t, err)
	return c
}

// scripted is a contestant that does what a test says.
type scripted struct {
	info  contest.Info
	start func(contest.Setup) (contest.Tuner, error)
}

func (s scripted) Info() contest.Info { return s.info }

func (s scripted) Start(_ context.Context, setup contest.Setup) (contest.Tuner, error) {
	return s.start(setup)
}

// tape is a tuner that proposes what stands on it, and says what happens.
type tape struct {
	points []hone.Assignments
	next   int
	asked  func(count int) error
	told   func(results []contest.Result)
	closed bool
}

func (t *tape) Version() string { return "1" }

func (t *tape) Ask(_ context.Context, count int) ([]contest.Point, time.Duration, error) {
	if t.asked != nil {
		if err := t.asked(count); err != nil {
			return nil, 0, err
		}
	}
	var out []contest.Point
	for len(out) < count && t.next < len(t.points) {
		p := contest.Point{ID: t.next, Parameters: t.points[t.next]}
		if p.Parameters == nil {
			p.Fault = "nonsense"
		}
		out = append(out, p)
		t.next++
	}
	return out, 2 * time.Second, nil
}

func (t *tape) Tell(_ context.Context, results []contest.Result) (time.Duration, error) {
	if t.told != nil {
		t.told(results)
	}
	return time.Second, nil
}

func (t *tape) Close() error {
	t.closed = true
	return nil
}

// playing makes a contestant of a tape.
func playing(name string, t *tape) scripted {
	return scripted{info: contest.Info{Name: name}, start: func(contest.Setup) (contest.Tuner, error) { return t, nil }}
}

func at(p *problems.Problem, u ...float64) hone.Assignments { return p.Space.FromUnit(u) }
