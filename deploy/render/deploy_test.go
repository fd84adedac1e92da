package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// installations are all ways in which the service is installed.
func installations(t *testing.T) map[string]map[string]object {
	out := map[string]map[string]object{
		"chart":                    charted(t, ""),
		"chart for one namespace":  charted(t, `{watchNamespaces: [a], clusterAuth: false, userRoles: {create: false}, adminToken: {existingSecret: x}}`),
		"standalone and its token": rendered(t, "-components", "read-write-once,admin-token"),
	}
	for _, name := range overlays() {
		out[name] = rendered(t, "-overlay", name)
	}
	return out
}

// the finds the one object of a kind.
func the(t *testing.T, objects map[string]object, kind string) object {
	t.Helper()
	var found object
	for key, o := range objects {
		if strings.HasPrefix(key, kind+"/") {
			require.Nil(t, found, "one %s only", kind)
			found = o
		}
	}
	require.NotNil(t, found, kind)
	return found
}

// named finds the element of a list that has a name.
func named(t *testing.T, list any, name string) any {
	t.Helper()
	i := slices.IndexFunc(list.([]any), func(e any) bool { return at(t, e, "name") == name })
	require.GreaterOrEqual(t, i, 0, name)
	return list.([]any)[i]
}

// TestTheServiceRunsWhereOnlyRestrictedPodsMay follows the list of the Pod Security Standard "restricted".
func TestTheServiceRunsWhereOnlyRestrictedPodsMay(t *testing.T) {
	for name, objects := range installations(t) {
		pod := at(t, the(t, objects, "Deployment"), "spec", "template", "spec")
		require.Equal(t, true, at(t, pod, "securityContext", "runAsNonRoot"), name)
		require.Equal(t, "RuntimeDefault", at(t, pod, "securityContext", "seccompProfile", "type"))
		for _, field := range []string{"hostNetwork", "hostPID", "hostIPC", "initContainers"} {
			require.Nil(t, at(t, pod, field))
		}
		require.Len(t, at(t, pod, "containers"), 1)
		container := at(t, pod, "containers", 0, "securityContext")
		require.Equal(t, false, at(t, container, "allowPrivilegeEscalation"))
		require.Equal(t, true, at(t, container, "readOnlyRootFilesystem"))
		require.Equal(t, object{"drop": []any{"ALL"}}, at(t, container, "capabilities"))
		for _, v := range at(t, pod, "volumes").([]any) {
			require.Nil(t, at(t, v, "hostPath"))
		}
	}
	require.Equal(t, "restricted", at(t, the(t, rendered(t), "Namespace"), "metadata", "labels", "pod-security.kubernetes.io/enforce"))
}

func TestThereIsNeverASecondOne(t *testing.T) {
	for name, objects := range installations(t) {
		deployment := the(t, objects, "Deployment")
		require.EqualValues(t, 1, at(t, deployment, "spec", "replicas"), name)
		require.Equal(t, "Recreate", at(t, deployment, "spec", "strategy", "type"))
		require.Equal(t, "$(POD_NAMESPACE)/hone", env(t, objects)["HONE_SERVE_LEASE"])
	}
	require.Equal(t, []any{"ReadWriteOncePod"}, at(t, the(t, rendered(t), "PersistentVolumeClaim"), "spec", "accessModes"))
	require.Equal(t, []any{"ReadWriteOnce"}, at(t, the(t, rendered(t, "-components", "read-write-once"), "PersistentVolumeClaim"), "spec", "accessModes"))
}

// TestVariablesStandBeforeTheyAreUsed: Kubernetes expands $(NAME) only of what came before.
func TestVariablesStandBeforeTheyAreUsed(t *testing.T) {
	for name, objects := range installations(t) {
		seen := false
		for _, e := range at(t, the(t, objects, "Deployment"), "spec", "template", "spec", "containers", 0, "env").([]any) {
			seen = seen || at(t, e, "name") == "POD_NAMESPACE"
			if text, ok := at(t, e, "value").(string); ok && strings.Contains(text, "$(") {
				require.True(t, seen, "%s: %s", name, text)
			}
		}
	}
}

// TestTheServiceFindsItsVolumeAndItsPodsFindIt holds names and ports together that stand in several objects.
func TestTheServiceFindsItsVolumeAndItsPodsFindIt(t *testing.T) {
	for name, objects := range installations(t) {
		pod := at(t, the(t, objects, "Deployment"), "spec", "template")
		labels := at(t, pod, "metadata", "labels").(object)
		for _, selector := range []any{
			at(t, the(t, objects, "Deployment"), "spec", "selector", "matchLabels"),
			at(t, the(t, objects, "Service"), "spec", "selector"),
			at(t, the(t, objects, "NetworkPolicy"), "spec", "podSelector", "matchLabels"),
		} {
			for k, v := range selector.(object) {
				require.Equal(t, v, labels[k], name)
			}
		}
		require.NotContains(t, labels, "app.kubernetes.io/managed-by", "that label is for trials")
		require.Equal(t, at(t, the(t, objects, "PersistentVolumeClaim"), "metadata", "name"), at(t, named(t, at(t, pod, "spec", "volumes"), "data"), "persistentVolumeClaim", "claimName"))
		require.Equal(t, at(t, the(t, objects, "ServiceAccount"), "metadata", "name"), at(t, pod, "spec", "serviceAccountName"))
		service := the(t, objects, "Service")
		require.Equal(t, "http://hone.$(POD_NAMESPACE).svc:7070", env(t, objects)["HONE_SERVE_URL"])
		require.Equal(t, "hone", at(t, service, "metadata", "name"))
		require.EqualValues(t, 7070, at(t, service, "spec", "ports", 0, "port"))
		for key, o := range objects {
			if strings.Contains(key, "Binding/") {
				require.Equal(t, "hone", at(t, o, "subjects", 0, "name"))
				require.Equal(t, at(t, service, "metadata", "namespace"), at(t, o, "subjects", 0, "namespace"), key)
				role := strings.TrimSuffix(at(t, o, "kind").(string), "Binding")
				namespace, _ := at(t, o, "metadata", "namespace").(string)
				require.Contains(t, objects, role+"/"+namespace+"/"+at(t, o, "roleRef", "name").(string))
			}
		}
	}
}

func TestWhoMayCallAndWhatIsCalled(t *testing.T) {
	for name, objects := range installations(t) {
		policy := at(t, the(t, objects, "NetworkPolicy"), "spec")
		require.Equal(t, []any{"Ingress", "Egress"}, at(t, policy, "policyTypes"), name)
		from := at(t, policy, "ingress", 0, "from").([]any)
		require.Len(t, from, 3)
		require.Equal(t, object{"app.kubernetes.io/managed-by": "hone"}, at(t, from[0], "podSelector", "matchLabels"))
		require.Equal(t, object{}, at(t, from[0], "namespaceSelector"), "both selectors in one peer: trials of any namespace")
		require.Equal(t, "http", at(t, policy, "ingress", 0, "ports", 0, "port"))
		for _, rule := range at(t, policy, "egress").([]any) {
			require.NotEmpty(t, at(t, rule, "ports"))
		}
	}
}

// TestTheNamespacedOverlayNeedsNoRightInTheCluster: an admin of the namespace can install it.
func TestTheNamespacedOverlayNeedsNoRightInTheCluster(t *testing.T) {
	objects := rendered(t, "-overlay", "namespaced", "-namespace", "vision")
	for key, o := range objects {
		require.Equal(t, "vision", at(t, o, "metadata", "namespace"), key)
		require.NotContains(t, key, "Cluster")
	}
	require.NotContains(t, env(t, objects), "HONE_SERVE_CLUSTER_AUTH", "asking the cluster takes a ClusterRole")
	require.Contains(t, env(t, objects), "HONE_SERVE_WATCH_NAMESPACES")
	require.NotContains(t, env(t, rendered(t)), "HONE_SERVE_WATCH_NAMESPACES")
}

func TestNothingAsksForSecrets(t *testing.T) {
	for name, objects := range installations(t) {
		for key, o := range objects {
			if strings.Contains(key, "Role/") {
				data, err := json.Marshal(o["rules"])
				require.NoError(t, err)
				require.NotContains(t, string(data), "secrets", "%s %s", name, key)
			}
		}
	}
}

func TestImagesOfOnesOwn(t *testing.T) {
	objects := rendered(t, "-registry", "r.example/team", "-version", "v1.2")
	require.Equal(t, "r.example/team/hone:v1.2", at(t, the(t, objects, "Deployment"), "spec", "template", "spec", "containers", 0, "image"))
	require.Equal(t, "r.example/team/collector:v1.2", env(t, objects)["HONE_SERVE_COLLECTOR_IMAGE"])
}
