package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// job is a manifest that nothing is wrong with, with another beginning and something more beside it under trial.
func job(begin, beside string) string {
	return minimal("  budget: {trials: 5}\n  trial:\n    manifest:\n" + begin + "      spec: {args: [\"${parameters.lr}\", \"${parameters.layers}\", \"${parameters.optimizer}\", \"m=${parameters.momentum}\"]}\n" + beside)
}

func TestKindsOfManifests(t *testing.T) {
	known := map[string][]string{
		"batch/v1": {"Job"}, "trainer.kubeflow.org/v1alpha1": {"TrainJob"}, "jobset.x-k8s.io/v1alpha2": {"JobSet"},
		"kubeflow.org/v1": {"PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "JAXJob"}, "kubeflow.org/v2beta1": {"MPIJob"},
	}
	for version, kinds := range known {
		for _, kind := range kinds {
			require.Empty(t, decode(t, job("      apiVersion: "+version+"\n      kind: "+kind+"\n", "")).Warnings, kind)
		}
	}
	for name, c := range map[string]struct{ begin, beside, want string }{
		"a misspelled kind":               {"apiVersion: kubeflow.org/v1, kind: PytorchJob", "", "spec.trial.manifest.kind (line 15): there is no PytorchJob; did you mean PyTorchJob?"},
		"one with a condition":            {"apiVersion: kubeflow.org/v1, kind: pytorchjob", `success: "object.a"`, "spec.trial.manifest.kind (line 15): there is no pytorchjob; did you mean PyTorchJob?"},
		"a missing letter":                {"apiVersion: kubeflow.org/v1, kind: PyTrchJob", "", "spec.trial.manifest.kind (line 15): PyTrchJob is not known; did you mean PyTorchJob? For another kind, say under success when an object of it has succeeded"},
		"a kind of another group":         {"apiVersion: batch/v1, kind: TrainJob", "", `spec.trial.manifest.apiVersion (line 14): is "batch/v1", which has no TrainJob that Hone knows; did you mean trainer.kubeflow.org/v1alpha1?`},
		"an unknown kind":                 {"apiVersion: argoproj.io/v1alpha1, kind: Workflow", "", `spec.trial.success (line 12): is missing: Hone does not know when a Workflow of argoproj.io/v1alpha1 has succeeded; write a CEL expression over it, such as object.status.phase == "Succeeded"`},
		"a pod":                           {"apiVersion: v1, kind: Pod", "", `spec.trial.success (line 12): is missing: Hone does not know when a Pod of v1 has succeeded`},
		"a known kind, another group":     {"apiVersion: batch.volcano.sh/v1alpha1, kind: Job", "", `spec.trial.manifest.apiVersion (line 14): is "batch.volcano.sh/v1alpha1", which has no Job that Hone knows; did you mean batch/v1?`},
		"no apiVersion":                   {"kind: Job", "", "spec.trial.manifest.apiVersion (line 13): is missing: write what the object is, such as batch/v1"},
		"no kind":                         {"apiVersion: batch/v1", "", "spec.trial.manifest.kind (line 13): is missing: write what the object is, such as Job"},
		"a kind that is no text":          {"apiVersion: batch/v1, kind: 3", "", "spec.trial.manifest.kind (line 15): must be a text, such as Job"},
		"a kind that varies":              {`apiVersion: batch/v1, kind: "${parameters.optimizer}"`, "", "spec.trial.manifest.kind (line 15): cannot have a placeholder: all trials of an experiment are of one kind"},
		"resources beside it":             {"apiVersion: batch/v1, kind: Job", "cpu: 1", "spec.trial.cpu (line 17): belongs inside the manifest, under the resources of its container"},
		"devices beside it":               {"apiVersion: batch/v1, kind: Job", "gpus: 1", "spec.trial.gpus (line 17): belongs inside the manifest, under the resources of its container"},
		"another namespace":               {"apiVersion: batch/v1, kind: Job, metadata: {namespace: other}", "", `spec.trial.manifest.metadata.namespace (line 16): is "other", but the trials of an experiment run in its own namespace, which is "default"`},
		"a placeholder that is unknown":   {`apiVersion: batch/v1, kind: Job, metadata: {labels: {a: "${parameters.rate}"}}`, "", `spec.trial.manifest.metadata.labels.a (line 16): there is no parameter "rate"`},
		"a placeholder in a name":         {`apiVersion: batch/v1, kind: Job, metadata: {labels: {"${trial.name}": a}}`, "", "spec.trial.manifest.metadata.labels (line 16): the name of the field \"${trial.name}\" has a placeholder; they work in values only"},
		"a condition that makes no sense": {"apiVersion: batch/v1, kind: Job", `success: "status.succeeded == 1"`, `spec.trial.success (line 17): there is no "status"; did you mean object.status? (line 1, column 1 of the expression)`},
	} {
		t.Run(name, func(t *testing.T) {
			got := complaints(t, job("      "+strings.ReplaceAll(c.begin, ", ", "\n      ")+"\n", "    "+c.beside+"\n"))
			require.Len(t, got, 1, got)
			require.Contains(t, got[0], c.want)
		})
	}
}

func TestWhatIsWorthSayingOfTrialsOnKubernetes(t *testing.T) {
	const pod = "      apiVersion: v1\n      kind: Pod\n"
	const batch = "      apiVersion: batch/v1\n      kind: Job\n"
	for name, c := range map[string]struct {
		document string
		want     []string
	}{
		"another kind that says how it ends":    {job(pod, "    success: \"object.status.phase == 'Succeeded'\"\n    failure: \"object.status.phase == 'Failed'\"\n"), nil},
		"one that does not say that it failed":  {job(pod, "    success: \"object.status.phase == 'Succeeded'\"\n"), []string{`spec.trial.failure is not given: that a trial has failed is noticed by its pods only, or by its timeout; write a CEL expression such as object.status.phase == "Failed"`}},
		"a known kind with a condition":         {job(batch, "    success: \"object.status.ready == 1\"\n"), nil},
		"the namespace of the experiment":       {job(batch+"      metadata: {namespace: default}\n", ""), nil},
		"the same by a placeholder":             {job(batch+"      metadata: {namespace: \"${experiment.namespace}\"}\n", ""), nil},
		"a name":                                {job(batch+"      metadata: {generateName: x-}\n", ""), []string{"spec.trial.manifest.metadata: the name is not used; each object is named after its trial"}},
		"a folder":                              {job(batch, "    workdir: src\n"), []string{"spec.trial.workdir is not used with a manifest; write workingDir into its container"}},
		"a folder that the image does not have": {minimal("  budget: {trials: 5}\n  trial: {image: i, command: [a], workdir: src}\n"), []string{`spec.trial.workdir: "src" is a folder beside the experiment file, which the image does not have; write an absolute path, or leave it out for that of the image`}},
		"a folder of the image":                 {minimal("  budget: {trials: 5}\n  trial: {image: i, command: [a], workdir: /src}\n"), nil},
		"fields without image and manifest": {minimal("  budget: {trials: 5}\n  trial: {command: [a], success: object.a, retain: true, primaryContainer: x}\n"), []string{
			"spec.trial.primaryContainer is for trials on Kubernetes; without image or manifest it is not used",
			"spec.trial.success is for trials on Kubernetes; without image or manifest it is not used",
			"spec.trial.retain is for trials on Kubernetes; without image or manifest it is not used"}},
		"a parameter that a manifest forgets": {minimal("  budget: {trials: 5}\n  trial: {manifest: {apiVersion: batch/v1, kind: Job, spec: {a: \"${parameters.lr}\", b: $(HONE_PARAM_LAYERS)}}, env: {X: $(HONE_PARAM_MOMENTUM)}}\n"),
			[]string{`spec.trial: no placeholder uses the parameter "optimizer"; the program sees it only as HONE_PARAM_OPTIMIZER`}},
		"a shell in a manifest": {minimal("  budget: {trials: 5}\n  trial: {manifest: {apiVersion: batch/v1, kind: Job, spec: {template: {spec: {containers: [{command: [sh, -c], args: [\"./a ${parameters.optimizer} ${parameters.lr} ${parameters.layers} $HONE_PARAM_MOMENTUM\"]}]}}}}}\n"),
			[]string{`spec.trial.manifest.spec.template.spec.containers[0].args[0]: the shell reads the value of "optimizer" as a part of its program; write "$HONE_PARAM_OPTIMIZER" there instead, or pass it as an argument after the program and write "$1"`}},
		"a pattern for event files": {minimal("  budget: {trials: 5}\n  metrics: {source: tensorboard, format: text, pattern: \"(?P<name>x)(?P<value>y)\"}\n"), []string{
			"spec.metrics.format is for source stdout and file; tensorboard does not use it",
			"spec.metrics.pattern is for source stdout and file; tensorboard does not use it"}},
		"an endpoint": {minimal("  budget: {trials: 5}\n  metrics: {source: prometheus, path: \":9090\", interval: 5s}\n"), nil},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, decode(t, c.document).Warnings) })
	}
}

func TestImagesAndAmounts(t *testing.T) {
	for fields, want := range map[string]string{
		"image: i, command: [a], cpu: 2, memory: 4Gi":                         "",
		"image: i, command: [a], cpu: 0.5, memory: 1.5G":                      "",
		"image: i, command: [a], cpu: 500m, memory: 1e9":                      "",
		"image: i, command: [a], cpu: 1, memory: 512Mi":                       "",
		"image: i, command: [a], memory: 1048576Ki":                           "",
		`image: "i:${trial.name}", command: [a], cpu: "${parameters.layers}"`: "",
		`image: i, command: [a], memory: "${parameters.layers}Gi"`:            "",
		"image: i":                                "spec.trial.command (line 11): is missing: Hone starts the program itself and cannot see the image's own entry point",
		"image: i, command: []":                   "spec.trial.command (line 11): is missing: Hone starts the program itself",
		"image: https://x/y, command: [a]":        `spec.trial.image (line 11): "https://x/y" begins with a scheme; write the name alone`,
		`image: "a b", command: [a]`:              `spec.trial.image (line 11): "a b" has a space in it`,
		"image: i, command: [a], cpu: two":        `spec.trial.cpu (line 11): "two" is not an amount; write "2", "0.5" or 500m`,
		"image: i, command: [a], cpu: 0":          `spec.trial.cpu (line 11): must be more than 0`,
		"image: i, command: [a], cpu: -1":         `spec.trial.cpu (line 11): must be more than 0`,
		"image: i, command: [a], cpu: 4Gi":        `spec.trial.cpu (line 11): "4Gi" is a great many CPUs`,
		"image: i, command: [a], memory: 4":       `spec.trial.memory (line 11): "4" is 4 bytes, too little for any program; write 4Gi or 512Mi`,
		"image: i, command: [a], memory: 400m":    `spec.trial.memory (line 11): "400m" is 0.4 bytes, too little for any program`,
		"image: i, command: [a], memory: 4GB":     `spec.trial.memory (line 11): "4GB" is not an amount; did you mean 4Gi?; write 4Gi or 512Mi`,
		"image: i, command: [a], memory: 4GiB":    `did you mean 4Gi?`,
		"image: i, command: [a], memory: 4g":      `did you mean 4Gi?`,
		"image: i, command: [a], memory: 4x":      `spec.trial.memory (line 11): "4x" is not an amount; write 4Gi`,
		"image: i, command: [a], memory: '1e999'": `spec.trial.memory (line 11): "1e999" is not an amount`,
	} {
		t.Run(fields, func(t *testing.T) {
			document := minimal("  trial: {" + fields + "}\n")
			if want == "" {
				decode(t, document)
				return
			}
			got := complaints(t, document)
			require.Len(t, got, 1, got)
			require.Contains(t, got[0], want)
		})
	}
}
