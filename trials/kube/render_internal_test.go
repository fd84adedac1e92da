package kube

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	hone "github.com/hone-tuner/hone"
)

// TestObjects renders every folder of testdata: trial.yaml is what the user wrote, object.yaml and runtime.yaml what
// is created.
func TestObjects(t *testing.T) {
	folders, err := filepath.Glob("testdata/*/trial.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, path := range folders {
		name := filepath.Base(filepath.Dir(path))
		t.Run(name, func(t *testing.T) {
			f := load(t, name)
			obj, err := testBuilder().object(launch(f))
			require.NoError(t, err)
			if f.Runtime != nil {
				base := &unstructured.Unstructured{Object: f.Runtime}
				before := base.DeepCopy()
				derived, err := testBuilder().derive(launch(f), obj, base)
				require.NoError(t, err)
				require.Equal(t, before, base, "the runtime of others must stay as it is")
				golden(t, derived, name, "runtime.yaml")
			}
			golden(t, obj, name, "object.yaml")
		})
	}
}

// TestEveryKnownKindIsTried: a kind without an example above is not known to work.
func TestEveryKnownKindIsTried(t *testing.T) {
	tried := map[string]bool{}
	files, err := filepath.Glob("testdata/*/object.yaml")
	require.NoError(t, err)
	for _, path := range files {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		tried[objectOf(t, string(data)).GetKind()] = true
	}
	for _, k := range Kinds() {
		require.True(t, tried[k.Kind], "testdata has no %s", k.Kind)
	}
	require.Len(t, Kinds(), 9)
}

func TestObjectsThatCannotBeRendered(t *testing.T) {
	const job = `{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: [{name: a, command: [x]}, {name: b}]}}}}`
	for name, c := range map[string]struct {
		manifest string
		change   func(*hone.Launch)
		want     string
	}{
		"an external experiment": {"", func(l *hone.Launch) { l.Experiment.Spec.Trial = nil },
			`experiment "digits" has no trial to run: its trials are run by whoever asks for them`},
		"neither image nor manifest": {"", func(l *hone.Launch) { l.Experiment.Spec.Trial.Command = []string{"x"} },
			"spec.trial.image: is missing"},
		"an image without a command": {"", func(l *hone.Launch) { l.Experiment.Spec.Trial.Image = "x" },
			"spec.trial.command: is missing: give the command, Hone starts the program itself"},
		"an amount that is none": {"", func(l *hone.Launch) {
			l.Experiment.Spec.Trial = &hone.TrialTemplate{Image: "x", Command: []string{"x"}, Memory: "much"}
		}, `spec.trial.memory: "much" is not an amount`},
		"a zero byte in an argument": {"", func(l *hone.Launch) {
			l.Experiment.Spec.Trial = &hone.TrialTemplate{Image: "x", Command: []string{"x", "a\x00b"}}
		}, "spec.trial.command[1]: has a zero byte"},
		"bytes that are no text": {"", func(l *hone.Launch) {
			l.Experiment.Spec.Trial = &hone.TrialTemplate{Image: "x", Command: []string{"x", "\xff"}}
		}, "spec.trial.command[1]: is not UTF-8"},
		"no kind":               {`{apiVersion: v1}`, nil, "spec.trial.manifest: needs apiVersion and kind"},
		"another namespace":     {`{apiVersion: batch/v1, kind: Job, metadata: {namespace: other}}`, nil, `metadata.namespace: is "other", but the trials of this experiment run in its own namespace, "team"`},
		"labels that are none":  {`{apiVersion: batch/v1, kind: Job, metadata: {labels: [a]}}`, nil, "spec.trial.manifest.metadata.labels: expected a mapping"},
		"no pod template":       {`{apiVersion: batch/v1, kind: Job, spec: {}}`, nil, "the Job has no spec.template, with containers"},
		"no replicas":           {`{apiVersion: kubeflow.org/v1, kind: TFJob, spec: {}}`, nil, "the TFJob has no spec.tfReplicaSpecs.Chief.template"},
		"a wrong replica":       {`{apiVersion: kubeflow.org/v1, kind: MPIJob, spec: {mpiReplicaSpecs: {Worker: {template: {spec: {containers: [{name: mpi}]}}}}}}`, nil, `a MPIJob needs Launcher`},
		"an unknown parameter":  {`{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: [{name: a, args: [x, "${parameters.rl}"]}]}}}}`, nil, `spec.trial.manifest.spec.template.spec.containers[0].args[1]: there is no parameter "rl"; did you mean ${parameters.lr}?`},
		"one in a label":        {`{apiVersion: batch/v1, kind: Job, metadata: {labels: {a: "${x}"}}}`, nil, "spec.trial.manifest.metadata.labels.a: there is no placeholder ${x}"},
		"two containers":        {job, nil, `spec.trial.primaryContainer: spec.template has the containers "a", "b": say which one trains`},
		"another container":     {job, func(l *hone.Launch) { l.Experiment.Spec.Trial.PrimaryContainer = "c" }, `spec.trial.primaryContainer: spec.template has no container "c"; it has "a", "b"`},
		"no command":            {job, func(l *hone.Launch) { l.Experiment.Spec.Trial.PrimaryContainer = "b" }, `spec.trial.manifest.spec.template.spec.containers: container "b" has no command: give the command`},
		"a volume of Hone's":    {`{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {volumes: [{name: hone}], containers: [{name: a, command: [x]}]}}}}`, nil, `spec.template.spec: has the volume "hone"`},
		"a container of Hone's": {`{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {initContainers: [{name: hone-install}], containers: [{name: a, command: [x]}]}}}}`, nil, `has the container "hone-install"`},
		"a mount at /hone":      {`{apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: [{name: a, command: [x], volumeMounts: [{name: v, mountPath: /hone/}]}]}}}}`, nil, `has the mount path "/hone"`},
		"pods that nothing tells apart": {`{apiVersion: batch/v1, kind: Job, spec: {parallelism: 2, template: {spec: {containers: [{name: a, command: [x]}]}}}}`, nil,
			"spec.completionMode: a Job whose parallelism is above 1 must be Indexed"},
		"an unknown kind without success": {`{apiVersion: argoproj.io/v1alpha1, kind: Workflow}`, nil, "spec.trial.success: is missing: Hone does not know the kind Workflow"},
		"an unknown kind without pods": {`{apiVersion: argoproj.io/v1alpha1, kind: Workflow}`, func(l *hone.Launch) { l.Experiment.Spec.Trial.Success = "true" },
			"no pod template with containers was found in this Workflow, so that Hone cannot put its collector in: set metrics.source: push"},
		"an unknown kind with two templates": {`{apiVersion: x/v1, kind: X, a: {spec: {containers: [{name: a}]}}, b: {spec: {containers: [{name: b}]}}}`,
			func(l *hone.Launch) { l.Experiment.Spec.Trial.Success = "true" }, `2 pod templates were found in this X (a with "a", b with "b")`},
		"a job set that does not say which job": {`{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, spec: {replicatedJobs: [
			{name: a, template: {spec: {template: {spec: {containers: [{name: x}]}}}}}, {name: b, template: {spec: {template: {spec: {containers: [{name: x}]}}}}}]}}`, nil,
			`the job set has several jobs (a with "x", b with "x")`},
		"a TrainJob without a runtime": {`{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, spec: {}}`, nil, "spec.runtimeRef.name: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			var f fixture
			if c.manifest != "" {
				f.Trial.Manifest = asJSON(t, c.manifest)
			}
			l := launch(f)
			if c.change != nil {
				c.change(&l)
			}
			_, err := testBuilder().object(l)
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}

func TestRuntimesThatCannotBeDerived(t *testing.T) {
	for name, c := range map[string]struct{ command, jobs, want string }{
		"nobody trains":               {"[x]", `[{name: node, template: {spec: {template: {spec: {containers: [{name: node}]}}}}}]`, `the runtime "r": none of its jobs (node with "node") has the label`},
		"no command anywhere":         {"null", `[{name: node, template: {metadata: {labels: {trainer.kubeflow.org/trainjob-ancestor-step: trainer}}, spec: {template: {spec: {containers: [{name: node}]}}}}}]`, `container "node" has no command`},
		"a command that Trainer ends": {"[tune, run]", `[{name: node, template: {metadata: {labels: {trainer.kubeflow.org/trainjob-ancestor-step: trainer}}, spec: {template: {spec: {containers: [{name: node}]}}}}}]`, "Trainer itself completes the command [tune, run]"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixture{Trial: hone.TrialTemplate{Manifest: asJSON(t, `{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, spec: {runtimeRef: {name: r}, trainer: {command: `+c.command+`}}}`)}}
			obj, err := testBuilder().object(launch(f))
			require.NoError(t, err)
			runtime := objectOf(t, `{apiVersion: trainer.kubeflow.org/v1alpha1, kind: ClusterTrainingRuntime, metadata: {name: r}, spec: {template: {spec: {replicatedJobs: `+c.jobs+`}}}}`)
			_, err = testBuilder().derive(launch(f), obj, runtime)
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}

func TestTheRuntimeOfATrainJob(t *testing.T) {
	for name, c := range map[string]struct{ obj, resource, namespace string }{
		"is of the whole cluster unless it says otherwise": {`{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {namespace: team}, spec: {runtimeRef: {name: r}}}`, "clustertrainingruntimes", ""},
		"may be of its namespace":                          {`{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {namespace: team}, spec: {runtimeRef: {name: r, kind: TrainingRuntime}}}`, "trainingruntimes", "team"},
	} {
		t.Run(name, func(t *testing.T) {
			gvr, namespace, runtime, ok := runtimeOf(objectOf(t, c.obj))
			require.True(t, ok)
			require.Equal(t, []string{"trainer.kubeflow.org", "v1alpha1", c.resource, c.namespace, "r"}, []string{gvr.Group, gvr.Version, gvr.Resource, namespace, runtime})
		})
	}
	_, _, _, ok := runtimeOf(objectOf(t, `{apiVersion: batch/v1, kind: Job}`))
	require.False(t, ok)
}

func TestSuspending(t *testing.T) {
	for _, k := range Kinds() {
		patch, ok := suspend(objectOf(t, `{apiVersion: `+k.Group+`/`+k.Version+`, kind: `+k.Kind+`}`))
		require.True(t, ok, k.Kind)
		want := `{"spec":{"suspend":true}}`
		if k.Group == groupKubeflow {
			want = `{"spec":{"runPolicy":{"suspend":true}}}`
		}
		require.JSONEq(t, want, string(patch), k.Kind)
		s := state{obj: objectOf(t, string(patch))}
		require.True(t, s.suspended(), "what suspends is known as suspended")
	}
	_, ok := suspend(objectOf(t, `{apiVersion: argoproj.io/v1alpha1, kind: Workflow}`))
	require.False(t, ok)
}
