package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

func TestEveryFormatOfWhatIsListed(t *testing.T) {
	for command, args := range map[string][]string{
		"list": {"list"}, "trials": {"trials", "digits"}, "leaderboard": {"leaderboard", "digits"}, "metrics": {"metrics", "digits-0001"},
	} {
		for _, format := range listFormats() {
			t.Run(command+" "+format, func(t *testing.T) {
				x := newTerminal(t, ranked(t), "")
				require.Equal(t, exitDone, x.run(t, append(args, "-o", format)...), x.stderr)
				golden(t, command+"."+format, x.stdout.String())
				require.Empty(t, x.stderr.String())
			})
		}
	}
}

func TestWhatIsShownAlone(t *testing.T) {
	for command, args := range map[string][]string{
		"get": {"get", "digits"}, "trial": {"trial", "digits-0001"}, "best": {"best", "digits"}, "trial-failed": {"trial", "digits-0003"},
	} {
		for _, format := range thingFormats() {
			t.Run(command+" "+format, func(t *testing.T) {
				x := newTerminal(t, ranked(t), "")
				require.Equal(t, exitDone, x.run(t, append(args, "-o", format, "--data-dir", ".")...), x.stderr)
				golden(t, command+"."+format, x.stdout.String())
				require.NotContains(t, x.stdout.String(), "\x1b", "what a trial wrote does not reach the terminal as it is")
			})
		}
	}
}

func TestTheLeaderboardHasTheShapeOfTheContract(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "leaderboard", "digits", "-o", "json", "--top", "1"))
	require.JSONEq(t, `{"experiment": "digits", "namespace": "default", "state": "Running",
		"objective": {"metric": "accuracy", "goal": "maximize", "target": 0.995, "reduce": "best"},
		"counts": {"Succeeded": 2, "Failed": 1, "Running": 1},
		"trials": [{"rank": 1, "trial": "digits-0001", "state": "Succeeded", "value": 0.9871,
			"metrics": {"accuracy": 0.9871, "loss": 0.0129},
			"parameters": {"lr": 0.00083121, "layers": 2, "optimizer": "adam"},
			"startTime": "2026-03-01T12:00:03Z", "endTime": "2026-03-01T12:00:06Z", "duration": "3s", "attempt": 1}]}`,
		strings.ReplaceAll(x.stdout.String(), "0.012900000000000023", "0.0129"))
}

func TestColumnsAndSort(t *testing.T) {
	run := func(args ...string) string {
		x := newTerminal(t, ranked(t), "")
		require.Equal(t, exitDone, x.run(t, args...), x.stderr)
		return x.stdout.String()
	}
	require.Equal(t, "trial,lr,metric:loss\ndigits-0004,0.01,\n", run("trials", "digits", "--columns", "trial,lr,loss", "--state", "running", "-o", "csv"))
	require.Equal(t, "trial\ndigits-0002\ndigits-0004\ndigits-0001\ndigits-0003\n", run("trials", "digits", "--columns", "trial", "--sort", "-lr", "-o", "csv"))
	require.Equal(t, "trial\ndigits-0002\ndigits-0001\n", run("leaderboard", "digits", "--columns", "TRIAL", "--sort", "accuracy", "--top", "2", "-o", "csv"))
	require.Equal(t, "trial\ndigits-0003\n", run("leaderboard", "digits", "--columns", "trial", "--sort", "lr", "--top", "1", "-o", "csv"), "sorted first, then cut")
	require.Equal(t, "trial,lr,metric:loss,value\ndigits-0004,0.01,,\n",
		run("trials", "digits", "--columns", "trial,param:lr,metric:loss,metric:accuracy", "--state", "running", "-o", "csv"), "the full names hold too")
	got := run("trials", "digits", "--sort", "value", "--top", "3", "-o", "json")
	var list struct{ Trials []struct{ Name string } }
	require.NoError(t, json.Unmarshal([]byte(got), &list))
	require.Equal(t, "digits-0002", list.Trials[0].Name, "the order holds for JSON too")
	require.Equal(t, "digits-0003", list.Trials[2].Name, "what has no value comes last")
}

func TestParametersThatAreCalledLikeColumns(t *testing.T) {
	spec := digitsSpec()
	spec.SearchSpace = hone.NewSpace(hone.Double("state", 0, 1), hone.Double("loss", 0, 1))
	f := newFake(t, spec)
	f.succeed(t, f.start(t, hone.Assignments{{Parameter: "state", Value: hone.Number(0.25)}, {Parameter: "loss", Value: hone.Number(0.5)}}), 0.75)
	x := newTerminal(t, f, "")
	require.Equal(t, exitDone, x.run(t, "leaderboard", "digits", "-o", "csv", "--columns", "state,param:state,loss,metric:loss"))
	require.Equal(t, "state,param:state,loss,metric:loss\nSucceeded,0.25,0.5,0.25\n", x.stdout.String())
}

func TestTheNewestReadingOfARunningTrial(t *testing.T) {
	f := ranked(t)
	f.trials[3].Metrics = map[string]hone.Float{"accuracy": 0.93}
	for command, want := range map[string]string{"leaderboard": "-  digits-0004  Running                  0.93…", "trials": "digits-0004  Running                  0.93…"} {
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, command, "digits"))
		require.Contains(t, x.stdout.String(), want)
		x = newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, command, "digits", "-o", "csv", "--columns", "trial,value"))
		require.Contains(t, x.stdout.String(), "digits-0004,\n", "it is not its value")
	}
}

func TestATableIsCutToTheTerminal(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	x.app.width = func() int { return 30 }
	require.Equal(t, exitDone, x.run(t, "leaderboard", "digits"))
	for _, l := range strings.Split(x.stdout.String(), "\n") {
		require.LessOrEqual(t, len([]rune(l)), 30)
	}
	require.Contains(t, x.stdout.String(), "…")
}

func TestNonFiniteValuesTravelAsStrings(t *testing.T) {
	f := newFake(t, digitsSpec())
	step := int64(1)
	f.start(t, adam(0.1, 1))
	f.readings[1] = []hone.Measurement{{Metric: "accuracy", Value: hone.Float(math.Inf(-1)), Step: &step}}
	x := newTerminal(t, f, "")
	require.Equal(t, exitDone, x.run(t, "metrics", "digits-0001", "-o", "json"))
	require.JSONEq(t, `{"trial": "digits-0001", "measurements": [{"metric": "accuracy", "value": "-Infinity", "step": 1}]}`, x.stdout.String())
}

// TestYAMLIsTheSameDocument reads back what was written, for any document.
func TestYAMLIsTheSameDocument(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"true", "null", "~", "1e-05", "NaN", "", "- a", "a: b", "0x1f", "2026-03-01", "yes", "a\nb\n", " a "}))
	rapid.Check(t, func(t *rapid.T) {
		document := map[string]any{}
		for range rapid.IntRange(0, 5).Draw(t, "members") {
			var value any
			switch rapid.IntRange(0, 4).Draw(t, "type") {
			case 0:
				value = strings.ToValidUTF8(texts.Draw(t, "text"), "?")
			case 1:
				value = rapid.Float64().Draw(t, "number")
			case 2:
				value = rapid.Bool().Draw(t, "bool")
			case 3:
				value = []any{float64(rapid.IntRange(-9, 9).Draw(t, "element")), nil}
			}
			document[strings.ToValidUTF8(texts.Draw(t, "name"), "?")] = value
		}
		data, err := json.Marshal(document)
		require.NoError(t, err)
		got, err := yamlOf(data)
		require.NoError(t, err)
		var back any
		require.NoError(t, yaml.Unmarshal(got, &back), "%s", got)
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(data), string(again), "%s", got)
	})
}

func TestCSVKeepsEveryText(t *testing.T) {
	l := listing{columns: []column{{name: "a,b"}, {name: "c"}}, rows: []row{{cells: []cell{textCell("x\"y\n"), textCell("ü")}}}}
	var b bytes.Buffer
	require.NoError(t, writeCSV(&b, l))
	records, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"a,b", "c"}, {"x\"y\n", "ü"}}, records)
}
