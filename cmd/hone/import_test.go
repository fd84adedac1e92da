package main

import (
	"math"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestParseCSV(t *testing.T) {
	trials, skipped, err := parseCSV(digitsSpec(), strings.NewReader(strings.Join([]string{
		"lr,optimizer,momentum,param:layers,accuracy,metric:loss,state,trial,message",
		`1e-3,sgd,0.5,2,0.9,NaN,,digits-0001,"a, b"`,
		"0.1,adam,,3,,,failed,,",
		"0.1,adam,,3,,,Running,,",
	}, "\n")))
	require.NoError(t, err)
	require.Equal(t, 1, skipped)
	require.Len(t, trials, 2)
	require.Equal(t, map[string]hone.Value{"lr": hone.Number(0.001), "optimizer": hone.String("sgd"), "momentum": hone.Number(0.5), "layers": hone.Number(2)}, trials[0].Parameters)
	require.Equal(t, hone.Float(0.9), trials[0].Metrics["accuracy"])
	require.True(t, math.IsNaN(float64(trials[0].Metrics["loss"])))
	require.Empty(t, trials[0].State)
	require.Equal(t, hone.TrialFailed, trials[1].State)
	require.NotContains(t, trials[1].Parameters, "momentum")
	require.Empty(t, trials[1].Metrics)
}

func TestMistakesOfACSV(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an empty file":                      {"", "is empty: the first line must name the columns, such as lr,accuracy"},
		"an unknown column":                  {"lr,optimiser\n", `line 1: there is no parameter "optimiser"; did you mean "optimizer"?; a metric is written metric:optimiser`},
		"no parameter":                       {"accuracy\n0.5\n", "line 1: no column is named like a parameter"},
		"a column twice":                     {"lr,param:lr\n1,1\n", `line 1: the column "param:lr" stands there twice`},
		"a value out of range":               {"lr\n5\n", `lr (line 2): 5 is not a value of "lr": it takes a double from 0.00001 to 0.1`},
		"a word that is no number":           {"lr\nfast\n", `lr (line 2): "fast" is not a value of "lr"`},
		"a category that does not exist":     {"optimizer\nrmsprop\n", `optimizer (line 2): "rmsprop" is not a value`},
		"a metric that is no number":         {"lr,accuracy\n0.1,good\n", `accuracy (line 2): "good" is not a number`},
		"an unknown state":                   {"lr,state\n0.1,Done\n", `state (line 2): there is no state "Done"`},
		"a line with too many cells":         {"lr\n0.1,2\n", "line 2: is not CSV: wrong number of fields"},
		"a quote that does not end":          {"lr\n\"0.1\n", "line 2: is not CSV"},
		"the second mistake is told as well": {"lr\n5\n6\n", "lr (line 3): 6"},
		"not more than twenty":               {"lr\n" + strings.Repeat("5\n", 30), "and 10 more mistakes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseCSV(digitsSpec(), strings.NewReader(c.text))
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.Contains(t, err.Error(), c.want)
		})
	}
}

func TestCSVOfCategories(t *testing.T) {
	spec := hone.Spec{Objective: hone.Objective{Metric: "m", Goal: hone.Minimize}, SearchSpace: hone.NewSpace(
		hone.Categorical("a", "", "x", " y "), hone.Categorical("b", 1, "1", true))}
	trials, _, err := parseCSV(spec, strings.NewReader("a,b\n,true\n\" y \",1\nx,1.0\n"))
	require.NoError(t, err)
	require.Equal(t, hone.String(""), trials[0].Parameters["a"], "an empty cell is the empty text where that is a value")
	require.Equal(t, hone.Bool(true), trials[0].Parameters["b"])
	require.Equal(t, hone.String(" y "), trials[1].Parameters["a"])
	require.Equal(t, hone.Number(1), trials[1].Parameters["b"], "the first value that is written so")
	require.Equal(t, hone.Number(1), trials[2].Parameters["b"])
}

func TestParseLines(t *testing.T) {
	trials, skipped, err := parseLines(digitsSpec(), strings.NewReader(`{"parameters": {"lr": 0.1, "optimizer": "adam"}, "value": 0.5}

{"parameters": {"lr": 0.1}, "metrics": {"accuracy": "NaN"}, "value": 1, "state": "failed", "measurements": [], "name": "x"}
{"parameters": {"lr": 0.1}, "state": "Pending"}`))
	require.NoError(t, err)
	require.Equal(t, 1, skipped)
	require.Equal(t, hone.Float(0.5), trials[0].Metrics["accuracy"], "value is the objective's")
	require.True(t, math.IsNaN(float64(trials[1].Metrics["accuracy"])), "metrics are more exact")
	require.Equal(t, hone.TrialFailed, trials[1].State)
	for text, want := range map[string]string{
		"{":                              "line 1: is not a trial in JSON",
		"\n[]":                           "line 2: is not a trial in JSON",
		`{"parameters": {"lr": 0.1}} {}`: "more than one object",
		`{"prameters": {"lr": 0.1}}`:     `unknown field "prameters"`,
		`{"metrics": {"accuracy": 1}}`:   "parameters (line 1): is missing",
		`{"parameters": {"lrr": 0.1}}`:   `parameters.lrr (line 1): there is no such parameter; did you mean "lr"?`,
		`{"parameters": {"lr": 1}, "state": "Odd"}`: "there is no state Odd",
	} {
		_, _, err := parseLines(digitsSpec(), strings.NewReader(text))
		require.ErrorIs(t, err, hone.InvalidArgument, text)
		require.Contains(t, err.Error(), want)
	}
}

// TestWhatIsExportedCanBeImported goes the whole round, in both formats, with trials of every state.
func TestWhatIsExportedCanBeImported(t *testing.T) {
	for _, format := range []string{asJSONL, asCSV} {
		t.Run(format, func(t *testing.T) {
			f := ranked(t)
			out := newTerminal(t, f, "")
			require.Equal(t, exitDone, out.run(t, "export", "digits", "-o", format), out.stderr)
			in := newTerminal(t, f, out.stdout.String())
			require.Equal(t, exitDone, in.run(t, "import", "digits", "-"), in.stderr)
			require.Contains(t, in.stderr.String(), "left out 1 trial that had not ended\ndigits: imported 3 trials\n")
			require.Len(t, f.imported, 3)
			for i, got := range f.imported {
				want := f.trials[i]
				require.Equal(t, want.State, got.State)
				require.Len(t, got.Parameters, len(want.Parameters))
				for _, x := range want.Parameters {
					require.Equal(t, x.Value, got.Parameters[x.Parameter])
				}
				require.Len(t, got.Metrics, len(want.Metrics))
				for name, x := range want.Metrics {
					require.Equal(t, x, got.Metrics[name])
				}
			}
		})
	}
}

func TestExportOfReadings(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "export", "digits", "-o", "csv", "--readings"))
	require.Equal(t, "trial,metric,step,value,time\ndigits-0001,accuracy,1,0.9,2026-03-01T12:00:00Z\n", strings.Join(strings.SplitAfter(x.stdout.String(), "\n")[:2], ""))
	require.Equal(t, 5, strings.Count(x.stdout.String(), "\n"))
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	x := newTerminal(t, ranked(t), "lr\n5\n")
	require.Equal(t, exitUsage, x.run(t, "import", "digits", "-", "--format", "csv"))
	require.Equal(t, "standard input: lr (line 2): 5 is not a value of \"lr\": it takes a double from 0.00001 to 0.1\n", x.stderr.String())
	x = newTerminal(t, ranked(t), "")
	require.Equal(t, exitUsage, x.run(t, "import", "digits", "nowhere.csv"))
	require.Equal(t, "hone: there is no file nowhere.csv\n", x.stderr.String())
	x = newTerminal(t, ranked(t), "\ufefflr\n")
	require.Equal(t, exitDone, x.run(t, "import", "digits", "-"))
	require.Contains(t, x.stderr.String(), "nothing was imported")
}

func FuzzParseCSV(f *testing.F) {
	for _, seed := range []string{"lr,optimizer,momentum\n0.1,sgd,0.5\n", "lr\n5\n", "\"", "a,b\n1\n", "metric:x,lr\nInf,1e-3\n", "param:,metric:\n", "state\n\xff"} {
		f.Add(seed)
	}
	space, err := digitsSpec().SearchSpace.Compile(nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		trials, _, err := parseCSV(digitsSpec(), strings.NewReader(text))
		checkImported(t, space, trials, err)
	})
}

func FuzzParseLines(f *testing.F) {
	for _, seed := range []string{`{"parameters": {"lr": 0.1}, "value": 1}`, "{}", "null", `{"parameters": {"lr": null}}`, `{"parameters": {"lr": []}}`, "\x00"} {
		f.Add(seed)
	}
	space, err := digitsSpec().SearchSpace.Compile(nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		trials, _, err := parseLines(digitsSpec(), strings.NewReader(text))
		checkImported(t, space, trials, err)
	})
}

// checkImported: an error is the file's mistake, and what was read names parameters of the space only.
func checkImported(t *testing.T, space *hone.Space, trials []hone.ImportedTrial, err error) {
	t.Helper()
	if err != nil {
		require.ErrorIs(t, err, hone.InvalidArgument)
		require.Empty(t, trials)
	}
	for _, x := range trials {
		require.True(t, x.State == "" || x.State.Ended())
		for name := range x.Parameters {
			require.GreaterOrEqual(t, space.Lookup(name), 0)
		}
	}
}
