package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hone-tuner/hone/access/cluster"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// TestTheFilesOfTheRepositoryAreThoseThatAreGenerated: after a change of the table, make manifests.
func TestTheFilesOfTheRepositoryAreThoseThatAreGenerated(t *testing.T) {
	want, err := files()
	require.NoError(t, err)
	for path, text := range want {
		have, err := os.ReadFile(filepath.Join("..", path))
		require.NoError(t, err)
		require.Equal(t, string(text), string(have), "deploy/%s is stale: run make manifests", path)
	}
	folder := t.TempDir()
	require.NoError(t, run([]string{"-write", folder}, io.Discard, io.Discard))
	for path, text := range want {
		have, err := os.ReadFile(filepath.Join(folder, path))
		require.NoError(t, err)
		require.Equal(t, string(text), string(have))
	}
}

// object is as much of any object as the tests look at.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name      string            `yaml:"name"`
		Namespace string            `yaml:"namespace"`
		Labels    map[string]string `yaml:"labels"`
	} `yaml:"metadata"`
	Rules []struct {
		Groups    []string `yaml:"apiGroups"`
		Resources []string `yaml:"resources"`
		Names     []string `yaml:"resourceNames"`
		Verbs     []string `yaml:"verbs"`
	} `yaml:"rules"`
	Ref struct {
		Kind string `yaml:"kind"`
		Name string `yaml:"name"`
	} `yaml:"roleRef"`
	Subjects []struct {
		Kind      string `yaml:"kind"`
		Name      string `yaml:"name"`
		Namespace string `yaml:"namespace"`
	} `yaml:"subjects"`
}

func generate(t *testing.T, args ...string) (out []object) {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, run(args, &text, io.Discard))
	documents := yaml.NewDecoder(&text)
	for {
		var o object
		if err := documents.Decode(&o); err != nil {
			require.ErrorIs(t, err, io.EOF)
			return out
		}
		out = append(out, o)
	}
}

// verbs collects what the objects allow, as group/resource.
func verbs(objects []object) map[string]string {
	out := map[string]string{}
	for _, o := range objects {
		for _, r := range o.Rules {
			for _, g := range r.Groups {
				for _, what := range r.Resources {
					out[g+"/"+what] = strings.TrimSpace(out[g+"/"+what] + " " + strings.Join(r.Verbs, " "))
				}
			}
		}
	}
	return out
}

func TestNobodyGetsMoreThanTheyNeed(t *testing.T) {
	for _, mode := range []string{"-cluster", "-namespaced"} {
		for what, allowed := range verbs(generate(t, mode)) {
			for _, forbidden := range []string{"secrets", "configmaps", "namespaces", "nodes", "pods/exec", "serviceaccounts", "serviceaccounts/token", "roles", "clusterroles"} {
				require.NotEqual(t, forbidden, what[strings.Index(what, "/")+1:], mode)
			}
			require.NotContains(t, what+allowed, "*", mode)
			for _, forbidden := range []string{"bind", "escalate", "impersonate"} {
				require.NotContains(t, allowed, forbidden)
			}
		}
	}
}

func TestWhatTheServiceMayDo(t *testing.T) {
	const trial = "get list watch create patch delete"
	namespaced := verbs(generate(t, "-namespaced"))
	require.Equal(t, map[string]string{
		"batch/jobs":               trial,
		"jobset.x-k8s.io/jobsets":  trial,
		"kubeflow.org/pytorchjobs": trial, "kubeflow.org/tfjobs": trial, "kubeflow.org/mpijobs": trial,
		"kubeflow.org/xgboostjobs": trial, "kubeflow.org/paddlejobs": trial, "kubeflow.org/jaxjobs": trial,
		"trainer.kubeflow.org/trainjobs": trial, "trainer.kubeflow.org/trainingruntimes": "get list create patch delete",
		"/pods": "get list watch deletecollection", "/pods/log": "get", "/events": "list",
		"coordination.k8s.io/leases": "create get update",
	}, namespaced)
	cluster := verbs(generate(t, "-cluster"))
	for what, allowed := range namespaced {
		require.Equal(t, allowed, cluster[what])
	}
	require.Equal(t, "get", cluster["trainer.kubeflow.org/clustertrainingruntimes"])
	require.Equal(t, "create", cluster["authentication.k8s.io/tokenreviews"])
	require.Equal(t, "create", cluster["authorization.k8s.io/subjectaccessreviews"])
}

func TestTheNamespacedModeNeedsNothingOfTheCluster(t *testing.T) {
	objects := generate(t, "-namespaced", "-namespace", "vision", "-name", "tuner")
	require.Len(t, objects, 2)
	for _, o := range objects {
		require.NotContains(t, o.Kind, "Cluster")
		require.Equal(t, "vision", o.Metadata.Namespace)
		require.Equal(t, "tuner", o.Metadata.Name)
	}
	require.Equal(t, "Role", objects[1].Ref.Kind)
	require.Equal(t, "tuner", objects[1].Subjects[0].Name)
	require.Equal(t, "vision", objects[1].Subjects[0].Namespace)
}

func TestTheLeaseIsOneAndInTheServicesOwnNamespace(t *testing.T) {
	for _, o := range generate(t, "-cluster") {
		for _, r := range o.Rules {
			if r.Resources[0] == "leases" {
				require.Equal(t, "Role", o.Kind)
				require.Equal(t, "hone-system", o.Metadata.Namespace)
				require.True(t, r.Verbs[0] == "create" && len(r.Verbs) == 1 || len(r.Names) == 1 && r.Names[0] == "hone")
			}
		}
	}
}

func TestKindsAreChosenAndAdded(t *testing.T) {
	few := verbs(generate(t, "-namespaced", "-kinds", "jobs.batch", "-also", "workflows.argoproj.io"))
	require.Contains(t, few, "batch/jobs")
	require.Contains(t, few, "argoproj.io/workflows")
	require.NotContains(t, few, "kubeflow.org/pytorchjobs")
	require.NotContains(t, few, "trainer.kubeflow.org/trainingruntimes", "only TrainJobs need runtimes")
	require.NotContains(t, verbs(generate(t, "-cluster", "-kinds", "jobs.batch")), "trainer.kubeflow.org/clustertrainingruntimes")
	for _, args := range [][]string{{"-cluster", "-kinds", "PyTorchJob"}, {"-cluster", "-also", "Jobs.batch"}, {"-cluster", "-namespaced"}, {}} {
		require.Error(t, run(args, io.Discard, io.Discard), args)
	}
}

func TestPeopleGetTheRolesByThoseTheyHave(t *testing.T) {
	levels, allowed := map[string]map[string]string{}, map[string][]string{}
	for _, o := range generate(t, "-cluster") {
		levels[o.Metadata.Name] = o.Metadata.Labels
		if len(o.Rules) > 0 && o.Rules[0].Groups[0] == cluster.Group {
			require.Equal(t, []string{cluster.Resource}, o.Rules[0].Resources)
			allowed[o.Metadata.Name] = o.Rules[0].Verbs
		}
	}
	require.Contains(t, allowed["hone-view"], "get")
	require.NotContains(t, allowed["hone-view"], "update")
	require.Contains(t, allowed["hone-edit"], "update")
	require.NotContains(t, allowed["hone-edit"], "administer")
	require.Subset(t, allowed["hone-admin"], []string{"get", "update", "administer"})
	require.Contains(t, levels["hone-view"], rbacGroup+"/aggregate-to-view")
	require.Contains(t, levels["hone-edit"], rbacGroup+"/aggregate-to-edit")
	for label := range levels["hone-admin"] {
		require.NotContains(t, label, "aggregate", "the service's admin is nobody by the way")
	}
}

// TestThePageHasTheTable: people who decide whether to install Hone read it there; -table prints it.
func TestThePageHasTheTable(t *testing.T) {
	page, err := os.ReadFile("../../docs/kubernetes.md")
	require.NoError(t, err)
	var table bytes.Buffer
	require.NoError(t, run([]string{"-table"}, &table, io.Discard))
	require.NotContains(t, table.String(), "|  |", "every rule has its reason")
	require.Contains(t, string(page), "| group | objects | verbs | what for |\n|---|---|---|---|\n"+table.String()+"\n")
}
