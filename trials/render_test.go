package trials_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials"
)

func experiment(change func(*hone.TrialTemplate)) hone.Experiment {
	t := hone.TrialTemplate{
		Command: []string{"python3", "train.py", "--lr=${parameters.lr}", "--momentum=${parameters.momentum}", `it's "quoted" & $HOME`},
		Env:     map[string]string{"OMP_NUM_THREADS": "1", "RUN": "${trial.name}/${parameters.batch-size}", "HONE_ATTEMPT": "9"},
	}
	change(&t)
	return hone.Experiment{
		Name: "digits", Directory: "/home/me/digits",
		Spec: hone.Spec{
			SearchSpace: hone.NewSpace(
				hone.Double("lr", 1e-5, 1e-1).Log(),
				hone.Discrete("batch-size", 16, 32),
				hone.Categorical("optimizer", "sgd", "adam"),
				hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
			),
			Trial: &t,
		},
	}
}

func trial() hone.Trial {
	return hone.Trial{Number: 17, Attempt: 2, Parameters: hone.Assignments{
		{Parameter: "lr", Value: hone.Number(0.001)}, {Parameter: "batch-size", Value: hone.Number(16)},
		{Parameter: "optimizer", Value: hone.String("adam")},
	}}
}

func TestRender(t *testing.T) {
	p, err := trials.Render(experiment(func(*hone.TrialTemplate) {}), trial())
	require.NoError(t, err)
	require.Equal(t, trials.Program{
		Args: []string{"python3", "train.py", "--lr=0.001", `it's "quoted" & $HOME`},
		Dir:  "/home/me/digits",
		Env: []string{
			"HONE_ATTEMPT=2",
			"HONE_EXPERIMENT=digits",
			"HONE_NAMESPACE=default",
			`HONE_PARAMETERS={"lr":0.001,"batch-size":16,"optimizer":"adam"}`,
			"HONE_PARAM_BATCH_SIZE=16",
			"HONE_PARAM_LR=0.001",
			"HONE_PARAM_OPTIMIZER=adam",
			"HONE_TRIAL=digits-0017",
			"OMP_NUM_THREADS=1",
			"RUN=digits-0017/16",
		},
	}, p)
}

// TestPartsOfAProgram: in a cluster there is no folder of the experiment file.
func TestPartsOfAProgram(t *testing.T) {
	e := experiment(func(*hone.TrialTemplate) {})
	whole, err := trials.Render(e, trial())
	require.NoError(t, err)
	e.Directory = ""
	args, err := trials.Arguments(e, trial())
	require.NoError(t, err)
	require.Equal(t, whole.Args, args)
	env, err := trials.Environment(e, trial())
	require.NoError(t, err)
	require.Equal(t, whole.Env, env)
	e.Spec.Trial = nil
	_, err = trials.Arguments(e, trial())
	require.ErrorIs(t, err, hone.InvalidArgument)
	_, err = trials.Environment(e, trial())
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestTheWorkingDirectory(t *testing.T) {
	for name, c := range map[string]struct{ workdir, want string }{
		"is the folder of the file":      {"", "/home/me/digits"},
		"as well with a point":           {".", "/home/me/digits"},
		"starts from that folder":        {"../src", "/home/me/src"},
		"may be absolute":                {"/srv/x/", "/srv/x"},
		"may have placeholders":          {"runs/${trial.number}", "/home/me/digits/runs/17"},
		"may be absolute by placeholder": {"/${parameters.optimizer}", "/adam"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := trials.Render(experiment(func(t *hone.TrialTemplate) { t.Workdir = c.workdir }), trial())
			require.NoError(t, err)
			require.Equal(t, c.want, p.Dir)
		})
	}
}

func TestWhatCannotBeRendered(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*hone.Experiment)
		want   string
	}{
		"an external experiment":          {func(e *hone.Experiment) { e.Spec.Trial = nil }, `experiment "digits" has no trial to run: its trials are run by whoever asks for them`},
		"an unknown placeholder":          {func(e *hone.Experiment) { e.Spec.Trial.Command = []string{"a", "${b}"} }, "spec.trial.command: element 1: there is no placeholder ${b}"},
		"one in the environment":          {func(e *hone.Experiment) { e.Spec.Trial.Env["X"] = "${b}" }, "spec.trial.env.X: there is no placeholder ${b}"},
		"one in the working directory":    {func(e *hone.Experiment) { e.Spec.Trial.Workdir = "${b}" }, "spec.trial.workdir: there is no placeholder ${b}"},
		"no command":                      {func(e *hone.Experiment) { e.Spec.Trial.Command = nil }, "the name of the program is empty in trial digits-0017"},
		"a program that is not active":    {func(e *hone.Experiment) { e.Spec.Trial.Command = []string{"${parameters.momentum}"} }, "the name of the program is empty in trial digits-0017"},
		"a relative path without a start": {func(e *hone.Experiment) { e.Directory = "" }, "the experiment came without a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			e := experiment(func(*hone.TrialTemplate) {})
			c.change(&e)
			_, err := trials.Render(e, trial())
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}

// TestArgumentsReachTheProgramUnchanged: whatever the bytes, what has no placeholder is not touched.
func TestArgumentsReachTheProgramUnchanged(t *testing.T) {
	text := rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.StringOf(rapid.SampledFrom([]rune("$'\"`\\ \n\r\t*?~!&|;<>(){}[]=-#%"))),
	).Filter(func(s string) bool { return !strings.Contains(s, "${") && !strings.Contains(s, "\x00") })
	rapid.Check(t, func(t *rapid.T) {
		args := append([]string{"prog"}, rapid.SliceOf(text).Draw(t, "args")...)
		value := text.Draw(t, "value")
		e := experiment(func(t *hone.TrialTemplate) { t.Command, t.Env = args, map[string]string{"X": value} })
		p, err := trials.Render(e, trial())
		require.NoError(t, err)
		require.Equal(t, args, p.Args)
		require.Contains(t, p.Env, "X="+value)
	})
}

// TestValuesReachTheProgramUnchanged: a value is put in as it is, and never read as a template again.
func TestValuesReachTheProgramUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.Just("${parameters.lr}"), rapid.Just("$${")).Draw(t, "value")
		point := trial()
		point.Parameters[2].Value = hone.String(value)
		e := experiment(func(t *hone.TrialTemplate) { t.Command = []string{"prog", "${parameters.optimizer}"} })
		p, err := trials.Render(e, point)
		require.NoError(t, err)
		require.Equal(t, []string{"prog", value}, p.Args)
		require.Contains(t, p.Env, "HONE_PARAM_OPTIMIZER="+value)
		for _, variable := range p.Env {
			if text, ok := strings.CutPrefix(variable, "HONE_PARAMETERS="); ok {
				var got map[string]any
				require.NoError(t, json.Unmarshal([]byte(text), &got))
				require.Equal(t, strings.ToValidUTF8(value, "\ufffd"), got["optimizer"])
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	e, t := experiment(func(*hone.TrialTemplate) {}), trial()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := trials.Render(e, t); err != nil {
			b.Fatal(err)
		}
	}
}
