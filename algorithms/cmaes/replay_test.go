package cmaes_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
)

// Whatever happens in an experiment, through many generations and some restarts, what an instance has kept
// changes nothing.
func TestTheStateFollowsFromTheHistory(t *testing.T) {
	spaces := []*hone.Space{
		cube(2),
		algorithmtest.Compile(hone.NewSpace(hone.Double("x", 0, 1), hone.Int("n", 1, 30), hone.Categorical("c", "a", "b", "c"),
			hone.Double("z", 1e-3, 1).Log().When("c", "a", "b"), hone.Int("k", 1, 500).Log().When("c", "b"))),
		algorithmtest.Compile(hone.NewSpace(hone.Int("n", 0, 15), hone.Int("m", 0, 15), hone.Categorical("c", "a", "b", "c")).Where("n + m <= 20")),
	}
	checks := 0
	rapid.Check(t, func(t *rapid.T) {
		if checks++; checks > 40 {
			return
		}
		space := rapid.SampledFrom(spaces).Draw(t, "space")
		g := newGame(space, rapid.Uint64().Draw(t, "seed"), func(a hone.Assignments) float64 {
			sum := 0.0
			for _, u := range space.ToUnit(a) {
				if !math.IsNaN(u) {
					sum += math.Abs(u - 0.3)
				}
			}
			if sum > 1.2 {
				return math.NaN()
			}
			return sum
		})
		kept := fresh4()
		parallel := rapid.IntRange(1, 12).Draw(t, "parallel")
		retries := 0
		for step := range rapid.IntRange(20, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 30).Draw(t, "event") {
			case 0: // the user tries something
				g.add(hone.Suggestion{Parameters: free(g)})
			case 1: // a trial is retried
				if n := g.r.History.Len(); n > 0 {
					all := append([]hone.Outcome(nil), g.r.History.Outcomes()...)
					i := rapid.IntRange(0, n-1).Draw(t, "retried")
					back := all[i]
					retries++
					g.r.History = hone.NewHistory(fmt.Sprint("retry ", retries), append(all[:i], all[i+1:]...)...)
					g.r.Pending = append(g.r.Pending, hone.Pending{Number: back.Number, Parameters: back.Parameters, Labels: back.Labels})
				}
			case 2: // a running one is withdrawn
				g.r.Pending = g.r.Pending[:max(0, len(g.r.Pending)-1)]
			}
			g.ask(t, kept, max(parallel, len(g.r.Pending)+1))
			if step%7 == 0 {
				sameFromNothing(t, g, kept)
			}
			for len(g.r.Pending) > parallel {
				g.end(g.rng.IntN(len(g.r.Pending)))
			}
			g.end(g.rng.IntN(len(g.r.Pending)))
		}
		sameFromNothing(t, g, kept)
	})
}

func sameFromNothing(t *rapid.T, g *game, kept hone.Algorithm) {
	r := g.r
	r.Count = 3
	want, err := fresh4().Suggest(context.Background(), r)
	require.NoError(t, err)
	got, err := kept.Suggest(context.Background(), r)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// free draws a point that nobody has tried.
func free(g *game) hone.Assignments {
	for {
		a := g.r.Space.Draw(g.rng)
		taken := !g.r.Space.Satisfies(a)
		for _, o := range g.r.History.Outcomes() {
			taken = taken || o.Parameters.Equal(a)
		}
		for _, p := range g.r.Pending {
			taken = taken || p.Parameters.Equal(a)
		}
		if !taken {
			return a
		}
	}
}

// A trial that ends after its run has ended would draw the next one back.
func TestATrialOfAnEarlierRunSaysNothing(t *testing.T) {
	g := newGame(cube(2), 1, moved(sphere, 1))
	algorithm := fresh4()
	for {
		g.ask(t, algorithm, 2)
		if runOf(g.r.Pending[1].Labels) != "0" {
			break
		}
		g.end(1)
	}
	for range 10 {
		r := g.r
		late := r.Pending[0]
		r.Pending = r.Pending[1:]
		r.History = hone.NewHistory("with the late one", append(append([]hone.Outcome(nil), r.History.Outcomes()...),
			hone.Outcome{Number: late.Number, Parameters: late.Parameters, Labels: late.Labels, State: hone.TrialSucceeded, Value: -1})...)
		with, err := fresh4().Suggest(context.Background(), r)
		require.NoError(t, err)
		without, err := fresh4().Suggest(context.Background(), g.r)
		require.NoError(t, err)
		require.Equal(t, without, with)
		g.end(1)
		g.ask(t, algorithm, 2)
	}
}

func fresh4() hone.Algorithm { return made(map[string]hone.Value{"population": hone.Number(4)}) }

// generationOf is where the next suggestion is drawn from.
func generationOf(t *testing.T, r hone.Request) string {
	got, err := fresh4().Suggest(context.Background(), r)
	require.NoError(t, err)
	label := got[0].Labels["cmaes"]
	return label[:strings.LastIndex(label, "/")]
}

// Each generation begins again with the trials that were drawn from it.
func TestGenerationsStayWhereTheyWereWhenTrialsAreTakenOut(t *testing.T) {
	g := newGame(cube(3), 4, moved(sphere, -2))
	for g.r.History.Len() < 60 {
		g.ask(t, fresh4(), 1)
		g.end(0)
		n := g.r.History.Len()
		if n < 8 || n%4 == 0 {
			continue
		}
		all := append([]hone.Outcome(nil), g.r.History.Outcomes()...)
		r := g.r
		r.History = hone.NewHistory("after a retry", append(all[:2], all[5:]...)...)
		require.Equal(t, generationOf(t, g.r), generationOf(t, r), "after %d trials", n)
	}
}

// A retry takes an entry out, and moves all that come after. The labels keep the generations where they were, so
// that the search goes on as if little had happened.
func TestARetryDoesNotThrowTheSearchBack(t *testing.T) {
	g := newGame(cube(5), 4, moved(sphere, -2))
	g.until(t, fresh(), 2, 400, 1e-12)
	before := g.best
	all := append([]hone.Outcome(nil), g.r.History.Outcomes()...)
	g.r.History = hone.NewHistory("after a retry", append(all[:21], all[22:]...)...)
	g.until(t, fresh(), 2, 500, before/10)
	require.LessOrEqual(t, g.best, before/10)
}

// Labels may come from elsewhere, or be damaged.
func FuzzLabelsOfAnyKind(f *testing.F) {
	for _, text := range []string{"", "0/0/0/0", "0/0/0/-1", "5/1/2/3", "0/0/999999999/7", "0/2/0/0", "-1/0/0/0", "0/0/0", "a/b/c/d", "99999999999999999999/0/0/0"} {
		f.Add(text, 3)
	}
	space := cube(2)
	f.Fuzz(func(t *testing.T, text string, place int) {
		g := newGame(space, 1, moved(sphere, 1))
		algorithm := fresh4()
		for i := range 24 {
			g.ask(t, algorithm, 1)
			if i%5 == (place%5+5)%5 {
				g.r.Pending[0].Labels = map[string]string{"cmaes": text}
			}
			require.NoError(t, space.Check(g.r.Pending[0].Parameters))
			g.end(0)
		}
	})
}

// The suggestions of 10,000 trials are made from the history in one go after a restart of the program.
func BenchmarkReplay(b *testing.B) {
	g := newGame(cube(10), 1, moved(rastrigin, 1))
	g.until(b, fresh(), 1, 10_000, -1)
	for b.Loop() {
		if _, err := fresh().Suggest(context.Background(), g.r); err != nil {
			b.Fatal(err)
		}
	}
}
