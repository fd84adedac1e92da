package contest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
	"github.com/hone-tuner/hone/bench/problems"
)

// TestMain lets the program of the tests be a peer.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "peer" {
		actPeer(os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// actPeer answers over standard input and output, in the manner that its name says.
func actPeer(manner string) {
	if manner == "missing" {
		fmt.Fprintln(os.Stderr, "there is no such module")
		os.Exit(3)
	}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	runs, asks, id := 0, 0, 0
	for in.Scan() {
		var request struct {
			Op      string
			Count   int
			Seed    float64
			Results []struct{ Value *float64 }
		}
		if json.Unmarshal(in.Bytes(), &request) != nil {
			os.Exit(4)
		}
		switch request.Op {
		case "start":
			if path := os.Getenv("CONTEST_PEER_LOG"); path != "" {
				os.WriteFile(path, []byte(in.Text()+os.Getenv("OMP_NUM_THREADS")), 0o600)
			}
			runs++
			switch manner {
			case "unsupported":
				out.Encode(map[string]any{"error": "unsupported: doubles"})
				continue
			case "refusing":
				out.Encode(map[string]any{"error": "bad day"})
				continue
			}
			out.Encode(map[string]any{"ok": true, "name": manner, "version": fmt.Sprint("process with run ", runs)})
		case "ask":
			asks++
			if asks == 3 && misbehave(manner) {
				continue
			}
			var points []map[string]any
			for range request.Count {
				id++
				points = append(points, map[string]any{"id": id, "parameters": proposal(manner, id)})
			}
			out.Encode(map[string]any{"points": points, "seconds": 0.25})
		case "tell":
			for _, r := range request.Results {
				if manner == "outside" && id%2 == 0 && r.Value != nil {
					os.Exit(5) // it failed, and that is what should have been said
				}
			}
			out.Encode(map[string]any{"ok": true, "seconds": 0.5})
		case "end":
			out.Encode(map[string]any{"ok": true})
		}
	}
}

// misbehave does what is wrong with a peer, and reports whether that was instead of an answer.
func misbehave(manner string) bool {
	switch manner {
	case "crashing":
		fmt.Fprintln(os.Stderr, "ZeroDivisionError")
		os.Exit(1)
	case "babbling":
		fmt.Println("Trial 3 finished!")
	case "hanging":
		select {}
	case "complaining":
		fmt.Println(`{"error": "singular matrix"}`)
	case "nameless":
		fmt.Println(`{"points": [{"parameters": {"x": 0, "y": 0}}], "seconds": 1}`)
	case "greedy":
		fmt.Println(`{"points": [{"id": 100, "parameters": {}}, {"id": 101, "parameters": {}}], "seconds": 1}`)
	default:
		return false
	}
	return true
}

func proposal(manner string, id int) map[string]any {
	x := float64(id%10) / 10
	if manner == "outside" && id%2 == 0 {
		return []map[string]any{{"x": 2, "y": 0}, {"x": 0}, {"x": 0, "y": 0, "z": 0}, {"x": "a", "y": 0}, nil}[id/2%5]
	}
	if x == 0 {
		return map[string]any{"x": 1 + 1e-12, "y": -1e-15} // has been computed
	}
	return map[string]any{"x": x, "y": 0.3}
}

func peerOf(t *testing.T, manner string) contest.Contestant {
	self, err := os.Executable()
	require.NoError(t, err)
	c := contest.NewPeer(contest.Info{Name: manner}, self, "peer", manner)
	t.Cleanup(func() { c.(io.Closer).Close() })
	return c
}

func play(c contest.Contestant, p *problems.Problem, mode contest.Mode, seed uint64) (contest.Record, error) {
	return contest.Play(context.Background(), contest.Task{Contestant: c, Problem: p, Mode: mode, Seed: seed, Trials: 20})
}

func TestAPeerPlaysAndOneProcessServesManyRuns(t *testing.T) {
	c := peerOf(t, "good")
	for i, mode := range contest.Modes() {
		r, err := play(c, bowl(), mode, 7)
		require.NoError(t, err)
		require.Len(t, r.Regret, 20)
		require.Zero(t, r.After(20), "0.3, 0.3 was among the points")
		require.Equal(t, fmt.Sprint("process with run ", i+1), r.Version)
		require.Zero(t, r.Outside, "a rounding error is none")
		require.Equal(t, 10, r.Duplicates)
		if mode == contest.Sequential {
			require.InDelta(t, 0.75, r.Seconds[5], 1e-12, "what the peer says")
		}
	}
}

func TestAPeerThatGoesWrongDoesNotCount(t *testing.T) {
	for manner, want := range map[string]string{
		"crashing":    "it has ended: ZeroDivisionError",
		"babbling":    `it answered "Trial 3 finished!": invalid character`,
		"complaining": "singular matrix",
		"nameless":    "a point came without an id, or with that of another",
		"greedy":      "2 points came where 1 were asked for",
		"unsupported": "unsupported: doubles",
		"refusing":    "it did not begin: bad day",
	} {
		t.Run(manner, func(t *testing.T) {
			t.Parallel()
			c := peerOf(t, manner)
			r, err := play(c, bowl(), contest.Sequential, 1)
			require.ErrorContains(t, err, want)
			require.NotErrorIs(t, err, hone.Unavailable)
			require.Contains(t, r.Error, want)
			require.False(t, r.Good())
			_, err = play(c, bowl(), contest.Sequential, 2)
			require.ErrorContains(t, err, want, "the next run begins anew")
		})
	}
}

func TestAPeerThatHangsIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	tuner, err := peerOf(t, "hanging").Start(ctx, contest.Setup{Space: bowl().Space, Trials: 20, Parallel: 1})
	require.NoError(t, err)
	for range 2 {
		_, _, err = tuner.Ask(ctx, 1)
		require.NoError(t, err)
	}
	go cancel()
	_, _, err = tuner.Ask(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, tuner.Close(), "it is not asked to end the run")
}

func TestAPeerThatIsNotInstalledIsNotThere(t *testing.T) {
	_, err := play(peerOf(t, "missing"), bowl(), contest.Sequential, 1)
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "there is no such module")
	_, err = play(contest.NewPeer(contest.Info{Name: "x"}, filepath.Join(t.TempDir(), "nothing")), bowl(), contest.Sequential, 1)
	require.ErrorIs(t, err, hone.Unavailable)
}

func TestWhatLiesOutsideHasFailedAndIsReported(t *testing.T) {
	r, err := play(peerOf(t, "outside"), bowl(), contest.Sequential, 1)
	require.NoError(t, err)
	require.Equal(t, 10, r.Outside)
	require.Equal(t, 10, r.Failures)
	require.Contains(t, r.Fault, "is missing")
}

func TestAPointThatBreaksAConstraintHasFailedButLiesInTheSpace(t *testing.T) {
	p := bowl()
	space, err := hone.NewSpace(p.Space.Parameters()...).Where("x < 0.5").Compile(lessThanHalf{})
	require.NoError(t, err)
	p.Space = space
	r, err := play(peerOf(t, "good"), p, contest.Sequential, 1)
	require.NoError(t, err)
	require.Zero(t, r.Outside)
	require.Equal(t, 12, r.Failures)
}

// lessThanHalf compiles every constraint to x < 0.5.
type lessThanHalf struct{}

func (lessThanHalf) CompileConstraint(string, []hone.Parameter) (hone.Constraint, error) {
	return lessThanHalf{}, nil
}
func (lessThanHalf) String() string       { return "x < 0.5" }
func (lessThanHalf) Parameters() []string { return []string{"x"} }
func (lessThanHalf) Holds(a hone.Assignments) bool {
	v, _ := a.Get("x")
	return v.Float() < 0.5
}

func TestAPeerIsToldTheWholeSpace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	t.Setenv("CONTEST_PEER_LOG", path)
	space, err := hone.NewSpace(
		hone.Double("lr", 1e-4, 1).Log(), hone.Double("dropout", 0, 0.5).By(0.1), hone.Int("layers", 0, 4),
		hone.Discrete("batch", 16, 32), hone.Categorical("opt", "sgd", true, 3),
		hone.Double("momentum", 0, 1).When("opt", "sgd", 3).When("layers", 1, 2),
	).Compile(nil)
	require.NoError(t, err)
	_, err = peerOf(t, "unsupported").Start(context.Background(), contest.Setup{Space: space, Seed: 7, Trials: 40, Parallel: 8})
	require.ErrorIs(t, err, hone.Unimplemented)
	said, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "1", string(said[len(said)-1:]), "one thread")
	require.JSONEq(t, `{"op":"start","seed":7,"budget":40,"parallel":8,"space":[
		{"name":"lr","type":"double","min":0.0001,"max":1,"log":true},
		{"name":"dropout","type":"double","min":0,"max":0.5,"step":0.1},
		{"name":"layers","type":"int","min":0,"max":4},
		{"name":"batch","type":"discrete","values":[16,32]},
		{"name":"opt","type":"categorical","values":["sgd",true,3]},
		{"name":"momentum","type":"double","min":0,"max":1,"when":[{"parameter":"opt","values":["sgd",3]},{"parameter":"layers","values":[1,2]}]}
	]}`, string(said[:len(said)-1]))
}

func TestPeersAreListedByTheirProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "peer")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho '[{\"name\":\"a\",\"slow\":true,\"venv\":\"x\"},{\"name\":\"b\"}]'\n"), 0o700))
	peers, err := contest.ListPeers(context.Background(), program)
	require.NoError(t, err)
	require.Equal(t, contest.Info{Name: "a", Slow: true}, peers[0].Info())
	require.Equal(t, contest.Info{Name: "b"}, peers[1].Info())
	_, err = contest.ListPeers(context.Background(), "/nowhere/peer")
	require.ErrorIs(t, err, hone.Unavailable)
	_, err = contest.Run(context.Background(), nil, open(t, filepath.Join(t.TempDir(), "x")), contest.Options{Now: time.Now})
	require.NoError(t, err)
}
