package hone_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

// The tables of docs/states.md are held against the code: every event and every reason has a row, and the
// rows of events say what Fold does.

var experimentStates = []hone.ExperimentState{hone.ExperimentCreated, hone.ExperimentRunning,
	hone.ExperimentPaused, hone.ExperimentSucceeded, hone.ExperimentFailed, hone.ExperimentStopped}

func TestStatesPageHasEveryEventAndReason(t *testing.T) {
	rows := statesTables(t)
	for file, typeName := range map[string]string{"event.go": "EventType", "trial.go": "Reason"} {
		names := constantsOf(t, file, typeName)
		require.Greater(t, len(names), 10)
		for _, name := range names {
			require.Contains(t, rows, name, "docs/states.md has no row for the %s %s", typeName, name)
		}
	}
}

func TestStatesPageSaysWhatFoldDoesToExperiments(t *testing.T) {
	rows := statesTables(t)
	for _, event := range constantsOf(t, "event.go", "EventType") {
		if strings.HasPrefix(event, "Trial") {
			continue
		}
		var from, to []string
		for _, state := range experimentStates {
			for _, target := range targets(event, hone.ExperimentSucceeded, hone.ExperimentFailed, hone.ExperimentStopped) {
				e := experimentIn(state)
				after, _, err := hone.Fold(e, hone.Trial{}, hone.Event{Type: hone.EventType(event), Sequence: 1,
					State: string(target), Limits: &hone.Limits{}})
				if err != nil {
					continue
				}
				from = add(from, string(state))
				if changed := string(after.Status.State); changed != string(state) {
					to = add(to, changed)
				}
			}
		}
		if event == string(hone.EventCreated) {
			require.Empty(t, from)
			continue
		}
		row := rows[event]
		require.ElementsMatch(t, documented(row[1], experimentStates), from, "%s: from", event)
		if !strings.HasPrefix(row[2], "as it was") {
			require.ElementsMatch(t, documented(row[2], experimentStates), to, "%s: to", event)
		} else if event != string(hone.EventAttached) {
			require.Empty(t, to, "%s: to", event)
		} else {
			require.Equal(t, []string{"Running"}, to)
		}
	}
}

func TestStatesPageSaysWhatFoldDoesToTrials(t *testing.T) {
	rows := statesTables(t)
	for _, event := range constantsOf(t, "event.go", "EventType") {
		if !strings.HasPrefix(event, "Trial") {
			continue
		}
		var from, to, in []string
		for _, experiment := range experimentStates {
			for _, state := range append(hone.TrialStates(), "") {
				for _, target := range targets(event, hone.TrialStates()[2:]...) {
					after, err := foldTrial(experimentIn(experiment), state, event, target)
					if err != nil {
						continue
					}
					in = add(in, string(experiment))
					to = add(to, string(after.State))
					if state != "" {
						from = add(from, string(state))
					}
				}
			}
		}
		row := rows[event]
		require.ElementsMatch(t, documented(row[1], hone.TrialStates()), from, "%s: from", event)
		require.ElementsMatch(t, documented(row[2], hone.TrialStates()), to, "%s: to", event)
		want := documented(row[3], experimentStates)
		if event == string(hone.EventTrialRetried) { // the row says so in words
			want = slices.DeleteFunc(want, func(s string) bool { return s == string(hone.ExperimentStopped) })
		}
		require.ElementsMatch(t, want, in, "%s: the experiment is", event)
	}
}

// foldTrial applies an event to a trial in a state; "" stands for one that does not exist yet.
func foldTrial(e hone.Experiment, state hone.TrialState, event string, target hone.TrialState) (hone.Trial, error) {
	trial := hone.Trial{Experiment: e.Name, Number: 1, Attempt: 1, State: state}
	ev := hone.Event{Type: hone.EventType(event), Sequence: 1, Trial: 1, Attempt: 1, State: string(target)}
	if state == "" {
		trial = hone.Trial{}
	}
	if ev.Type == hone.EventTrialStarted {
		ev.Attempt = 2
	}
	_, after, err := hone.Fold(e, trial, ev)
	return after, err
}

// experimentIn makes an experiment in a state, one that ended for a reason that goes with it.
func experimentIn(state hone.ExperimentState) hone.Experiment {
	e := hone.Experiment{Name: "digits", Created: time.Unix(0, 0), Status: hone.Status{State: state}}
	e.Status.Reason = map[hone.ExperimentState]hone.Reason{hone.ExperimentSucceeded: hone.BudgetSpent,
		hone.ExperimentFailed: hone.TooManyFailures, hone.ExperimentStopped: hone.Cancelled}[state]
	return e
}

// targets are the states that an event of this type can name.
func targets[S ~string](event string, ends ...S) []S {
	switch hone.EventType(event) {
	case hone.EventEnded, hone.EventTrialEnded, hone.EventTrialImported:
		return ends
	}
	return []S{""}
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// documented reads a cell with states; "any" is all of them.
func documented[S ~string](cell string, all []S) (out []string) {
	for _, s := range all {
		if cell == "any" || slices.Contains(strings.Split(cell, ", "), string(s)) {
			out = append(out, string(s))
		}
	}
	return out
}

// statesTables reads the rows of all tables of docs/states.md that begin with a name in code style, by that
// name.
func statesTables(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("docs/states.md")
	require.NoError(t, err)
	rows := map[string][]string{}
	for _, line := range regexp.MustCompile("(?m)^\\| `.*\\|$").FindAllString(string(page), -1) {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows[strings.Trim(cells[0], "`")] = cells
	}
	return rows
}

// constantsOf lists the values of the string constants of a type in a file.
func constantsOf(t *testing.T, file, typeName string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	names := map[string]bool{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == typeName && len(spec.Values) == 1 {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			names[value] = true
		}
		return true
	})
	return slices.Sorted(maps.Keys(names))
}
