package kube

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
)

// replaced does to a text what Kubernetes does to commands, arguments and values of variables: $(NAME) is the value of
// the variable where there is one, $$ is a dollar sign, and everything else stays.
func replaced(text string, env map[string]string) string {
	var b strings.Builder
	for text != "" {
		rest, found := strings.CutPrefix(text, "$")
		if !found {
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		if after, dollar := strings.CutPrefix(rest, "$"); dollar {
			b.WriteByte('$')
			text = after
			continue
		}
		text = rest
		if after, open := strings.CutPrefix(rest, "("); open {
			if name, behind, closed := strings.Cut(after, ")"); closed {
				if value, known := env[name]; known {
					b.WriteString(value)
				} else {
					b.WriteString("$(" + name + ")")
				}
				text = behind
				continue
			}
		}
		b.WriteByte('$')
	}
	return b.String()
}

// environmentIn reads the variables of a container as the kubelet does, each with the ones before it.
func environmentIn(c map[string]any) map[string]string {
	env := map[string]string{}
	for _, v := range mapsIn(c, "env") {
		env[textOf(v, "name")] = replaced(textOf(v, "value"), env)
	}
	return env
}

// argvIn is what the program of a container is started with, after the collector.
func argvIn(t require.TestingT, c map[string]any) []string {
	env := environmentIn(c)
	var out []string
	for _, field := range []string{"command", "args"} {
		list, _ := c[field].([]any)
		for _, arg := range list {
			out = append(out, replaced(arg.(string), env))
		}
	}
	require.GreaterOrEqual(t, len(out), 3)
	require.Equal(t, []string{"/hone/bin/collector", "exec", "--"}, out[:3])
	return out[3:]
}

func dollars() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("$()HONE_TRIAL{}'\"\\ \n;&|ab")))).
		Filter(func(s string) bool { return !strings.Contains(s, "${") && !strings.Contains(s, "\x00") })
}

// TestTheProgramOfAnImageGetsItsArgumentsExactly: whatever they are, through the replacements of Kubernetes.
func TestTheProgramOfAnImageGetsItsArgumentsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		argv := append([]string{"prog"}, rapid.SliceOf(dollars()).Draw(t, "argv")...)
		value := dollars().Draw(t, "value")
		l := launch(fixture{Trial: hone.TrialTemplate{Image: "x", Command: append(argv, "${parameters.optimizer}"), Env: map[string]string{"VALUE": value}}})
		l.Trial.Parameters[2].Value = hone.String(value)
		obj, err := testBuilder().object(l)
		require.NoError(t, err)
		c := podsOf(obj)[0].container("trial")
		require.Equal(t, append(argv, value), argvIn(t, c))
		env := environmentIn(c)
		require.Equal(t, value, env["VALUE"])
		require.Equal(t, value, env["HONE_PARAM_OPTIMIZER"])
		var point map[string]any
		require.NoError(t, json.Unmarshal([]byte(env["HONE_PARAMETERS"]), &point))
		require.Equal(t, value, point["optimizer"])
	})
}

// TestTheProgramOfAManifestGetsItsArgumentsAsKubernetesHasThem: to wrap a command changes nothing of what Kubernetes
// makes of it, names of variables in it included.
func TestTheProgramOfAManifestGetsItsArgumentsAsKubernetesHasThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		command := append([]string{"prog"}, rapid.SliceOf(dollars()).Draw(t, "command")...)
		args := rapid.SliceOf(dollars()).Draw(t, "args")
		env := []map[string]string{{"name": "H", "value": dollars().Draw(t, "h")}, {"name": "N", "value": "$(H)" + dollars().Draw(t, "n")}}
		manifest, err := json.Marshal(map[string]any{"apiVersion": "batch/v1", "kind": "Job", "spec": map[string]any{"template": map[string]any{
			"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "command": command, "args": args, "env": env}}}}}})
		require.NoError(t, err)
		obj, err := testBuilder().object(launch(fixture{Trial: hone.TrialTemplate{Manifest: manifest}}))
		require.NoError(t, err)
		c := podsOf(obj)[0].container("a")

		known := environmentIn(c)
		for _, name := range []string{"H", "N"} {
			require.Contains(t, known, name)
		}
		want := []string{}
		for _, arg := range append(command, args...) {
			want = append(want, replaced(arg, known))
		}
		require.Equal(t, want, argvIn(t, c))
	})
}

// anything draws a parsed JSON document without placeholders.
func anything(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Map(dollars(), func(s string) any { return s }),
		rapid.Map(rapid.Int64Range(-1<<52, 1<<52), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	)
	if depth == 0 {
		return scalar
	}
	name := rapid.StringMatching(`[a-z][A-Za-z.-]{0,8}`)
	return rapid.OneOf(scalar,
		rapid.Map(rapid.MapOfN(name, anything(depth-1), 0, 4), func(m map[string]any) any { return m }),
		rapid.Map(rapid.SliceOfN(anything(depth-1), 0, 4), func(l []any) any { return l }))
}

// TestNothingOfAManifestIsLost: unknown fields, wherever they are, arrive as they were written.
func TestNothingOfAManifestIsLost(t *testing.T) {
	more := func(t *rapid.T, label string, base map[string]any) map[string]any {
		drawn := rapid.MapOfN(rapid.StringMatching(`x[A-Za-z]{1,6}`), anything(3), 0, 4).Draw(t, label)
		for name, value := range base {
			drawn[name] = value
		}
		return drawn
	}
	rapid.Check(t, func(t *rapid.T) {
		container := more(t, "container", map[string]any{"name": "pytorch", "env": []any{map[string]any{"name": "A", "valueFrom": "b"}}, "volumeMounts": []any{map[string]any{"name": "v", "mountPath": "/v"}}})
		spec := more(t, "pod spec", map[string]any{"volumes": []any{map[string]any{"name": "v"}}, "initContainers": []any{map[string]any{"name": "i"}}})
		template := more(t, "template", map[string]any{"metadata": more(t, "template metadata", map[string]any{"labels": map[string]any{"a": "b"}})})
		manifest := more(t, "object", map[string]any{"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": more(t, "metadata", nil)})
		spec["containers"] = []any{container}
		template["spec"] = spec
		manifest["spec"] = more(t, "spec", map[string]any{"pytorchReplicaSpecs": map[string]any{"Master": more(t, "replica", map[string]any{"template": template})}})
		container["command"] = []any{"x"}
		raw, err := json.Marshal(manifest)
		require.NoError(t, err)
		delete(container, "command") // it is wrapped

		l := launch(fixture{Trial: hone.TrialTemplate{Manifest: raw}})
		before, err := json.Marshal(l.Experiment)
		require.NoError(t, err)
		obj, err := testBuilder().object(l)
		require.NoError(t, err)
		contained(t, "", manifest, obj.Object)
		after, err := json.Marshal(l.Experiment)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), "the launch is not changed")
	})
}

// contained checks that a document is in another one, which may have more fields, and more elements in the lists that Hone
// adds to.
func contained(t require.TestingT, at string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		require.True(t, ok, "%s: %v", at, got)
		for name, value := range w {
			require.Contains(t, g, name, at)
			contained(t, at+"."+name, value, g[name])
		}
	case []any:
		g, ok := got.([]any)
		require.True(t, ok, "%s: %v", at, got)
		if field := at[strings.LastIndexByte(at, '.')+1:]; field != "env" && field != "volumes" && field != "volumeMounts" && field != "initContainers" {
			require.Len(t, g, len(w), at)
		}
		g = own(g)
		require.Len(t, g, len(w), at)
		for i, value := range w {
			contained(t, fmt.Sprintf("%s[%d]", at, i), value, g[i])
		}
	default:
		require.Equal(t, want, got, at)
	}
}

// own leaves out of a list what Hone put there.
func own(list []any) (out []any) {
	for _, item := range list {
		m, _ := item.(map[string]any)
		name := textOf(m, "name")
		if name != "hone" && !strings.HasPrefix(name, "hone-") && !strings.HasPrefix(name, "HONE_") && name != "PYTHONUNBUFFERED" {
			out = append(out, item)
		}
	}
	return out
}

func TestNamesOfObjects(t *testing.T) {
	for want, trial := range map[string]hone.Trial{
		"digits-0007":    {Experiment: "digits", Number: 7, Attempt: 1},
		"digits-0007-r2": {Experiment: "digits", Number: 7, Attempt: 2},
		"digits-12345":   {Experiment: "digits", Number: 12345},
		"an-experiment-with-a-name-of-40-characte-0001-r2": {Experiment: "an-experiment-with-a-name-of-40-characte", Number: 1, Attempt: 2},
		"an-experiment-with-a-name-of-40-17c9fa-0001-r10":  {Experiment: "an-experiment-with-a-name-of-40-characte", Number: 1, Attempt: 10},
	} {
		require.Equal(t, want, objectName(trial))
	}
	name := rapid.StringMatching(`[a-z][a-z0-9-]{0,39}`)
	seen := map[string]hone.Trial{}
	rapid.Check(t, func(t *rapid.T) {
		trial := hone.Trial{Experiment: name.Draw(t, "experiment"), Number: rapid.IntRange(1, hone.MaxTrials).Draw(t, "number"), Attempt: rapid.IntRange(1, hone.MaxRetries+1).Draw(t, "attempt")}
		got := objectName(trial)
		require.LessOrEqual(t, len(got), 48)
		require.Empty(t, validation.IsDNS1035Label(got), got)
		if other, taken := seen[got]; taken {
			require.Equal(t, other, trial, "two attempts are called %s", got)
		}
		seen[got] = trial
	})
}

func TestLabelsTellTheAttempt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := launch(fixture{})
		l.Trial.Number, l.Trial.Attempt = rapid.IntRange(1, hone.MaxTrials).Draw(t, "number"), rapid.IntRange(1, 99).Draw(t, "attempt")
		id, ok := attemptOf(marksOf(l))
		require.True(t, ok)
		require.Equal(t, l.ID(), id)
		labels := marksOf(l)
		for _, name := range []string{labelManagedBy, labelUID, labelNumber, labelAttempt} {
			for _, value := range []string{"", "x-"} {
				changed := marksOf(l)
				changed[name] = value
				if _, ok := attemptOf(changed); name != labelUID || value == "" {
					require.False(t, ok, "%s=%q", name, value)
				}
			}
		}
		require.Empty(t, validation.IsValidLabelValue(labels[labelTrial]))
	})
}

func TestTheCollectorMirrorsTheClassOfItsPod(t *testing.T) {
	for name, c := range map[string]struct {
		containers string
		want       bool
	}{
		"limits of both in all":       {`[{name: a, command: [x], resources: {limits: {cpu: 1, memory: 1Gi}}}]`, true},
		"requests that are the same":  {`[{name: a, command: [x], resources: {limits: {cpu: "1", memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}}]`, true},
		"other requests":              {`[{name: a, command: [x], resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}]`, false},
		"no limit of memory":          {`[{name: a, command: [x], resources: {limits: {cpu: 1}}}]`, false},
		"a limit that is none":        {`[{name: a, command: [x], resources: {limits: {cpu: 1, memory: 0}}}]`, false},
		"another container without":   {`[{name: trial, command: [x], resources: {limits: {cpu: 1, memory: 1Gi}}}, {name: b}]`, false},
		"nothing that is said of it":  {`[{name: a, command: [x]}]`, false},
		"limits that cannot be read ": {`[{name: a, command: [x], resources: {limits: {cpu: x, memory: 1Gi}}}]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{Trial: hone.TrialTemplate{Manifest: asJSON(t, `{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: `+c.containers+`}}}}`)}}
			obj, err := testBuilder().object(launch(f))
			require.NoError(t, err)
			for _, own := range mapsIn(podsOf(obj)[0].spec(), "initContainers") {
				limits, requests := mapIn(own, "resources", "limits"), mapIn(own, "resources", "requests")
				require.NotEmpty(t, requests)
				if c.want {
					require.Equal(t, limits, requests)
				} else {
					require.NotContains(t, limits, "cpu")
				}
			}
		})
	}
}
