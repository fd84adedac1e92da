package main

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"sigs.k8s.io/yaml"
)

// chart is the folder of the chart.
const chart = "../helm/hone"

// template renders the chart as `helm template hone --namespace hone-system` does.
func template(values string) (notes string, stream string, err error) {
	loaded, err := loader.Load(chart)
	if err != nil {
		return "", "", err
	}
	given := map[string]any{}
	if err := yaml.Unmarshal([]byte(values), &given); err != nil {
		return "", "", err
	}
	all, err := util.ToRenderValues(loaded, given, common.ReleaseOptions{Name: "hone", Namespace: "hone-system", Revision: 1, IsInstall: true}, common.DefaultCapabilities)
	if err != nil {
		return "", "", err
	}
	files, err := engine.Render(loaded, all)
	if err != nil {
		return "", "", err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch {
		case path.Base(name) == "NOTES.txt":
			notes = files[name]
		case path.Ext(name) == ".yaml":
			stream += "\n---\n" + files[name]
		}
	}
	return notes, stream, nil
}

func charted(t *testing.T, values string) map[string]object {
	t.Helper()
	_, stream, err := template(values)
	require.NoError(t, err)
	return decode(t, stream)
}

// TestTheChartIsTheStandaloneOverlay: object for object, with the values as they are. Two things are Helm's own way: it makes the
// namespace itself (without labels), and an annotation keeps the volume when the release goes.
func TestTheChartIsTheStandaloneOverlay(t *testing.T) {
	want, have := rendered(t), charted(t, "")
	delete(want, "Namespace//hone-system")
	claim := at(t, have, "PersistentVolumeClaim/hone-system/hone", "metadata").(object)
	require.Equal(t, object{"helm.sh/resource-policy": "keep"}, claim["annotations"])
	delete(claim, "annotations")
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have)))
	for key := range want {
		require.Equal(t, want[key], have[key], key)
	}
}

func TestTheChartForOneNamespaceHasNothingOfTheCluster(t *testing.T) {
	want := rendered(t, "-overlay", "namespaced", "-namespace", "hone-system")
	have := charted(t, `{watchNamespaces: [hone-system], clusterAuth: false, userRoles: {create: false}}`)
	for key := range have {
		require.NotContains(t, key, "Cluster")
	}
	require.Contains(t, have, "RoleBinding/hone-system/hone-trials")
	rules := append(at(t, have, "Role/hone-system/hone-trials", "rules").([]any), at(t, have, "Role/hone-system/hone", "rules").([]any)...)
	require.Equal(t, at(t, want, "Role/hone-system/hone", "rules"), rules)

	have = charted(t, `{watchNamespaces: [vision, speech], clusterAuth: false}`)
	require.Contains(t, have, "RoleBinding/vision/hone-trials")
	require.Equal(t, "hone-system", at(t, have, "RoleBinding/speech/hone-trials", "subjects", 0, "namespace"))
	require.Equal(t, "vision,speech", env(t, have)["HONE_SERVE_WATCH_NAMESPACES"])
}

// env lists the variables of the service that have a value.
func env(t *testing.T, objects map[string]object) map[string]any {
	t.Helper()
	out := map[string]any{}
	for key, o := range objects {
		if strings.HasPrefix(key, "Deployment/") {
			for _, e := range at(t, o, "spec", "template", "spec", "containers", 0, "env").([]any) {
				out[at(t, e, "name").(string)] = at(t, e, "value")
			}
		}
	}
	return out
}

func TestValuesOfTheChart(t *testing.T) {
	deployment := "Deployment/hone-system/hone"
	for name, c := range map[string]struct {
		values string
		check  func(t *testing.T, have map[string]object)
	}{
		"images by digest and from elsewhere": {`{image: {registry: r.example, repository: a/hone, digest: "sha256:` + strings.Repeat("0", 64) + `"}, collector: {image: {registry: "", repository: b, tag: v1, pullPolicy: Always}}}`,
			func(t *testing.T, have map[string]object) {
				require.Equal(t, "r.example/a/hone@sha256:"+strings.Repeat("0", 64), at(t, have, deployment, "spec", "template", "spec", "containers", 0, "image"))
				require.Equal(t, "b:v1", env(t, have)["HONE_SERVE_COLLECTOR_IMAGE"])
				require.Equal(t, "Always", env(t, have)["HONE_SERVE_COLLECTOR_PULL_POLICY"])
			}},
		"settings become variables": {`{settings: {maxTrialsPerNamespace: 1000, keepAge: 30d, allowedThings: [a, b], flag: false}}`,
			func(t *testing.T, have map[string]object) {
				require.Equal(t, "1000", env(t, have)["HONE_SERVE_MAX_TRIALS_PER_NAMESPACE"])
				require.Equal(t, "30d", env(t, have)["HONE_SERVE_KEEP_AGE"])
				require.Equal(t, "a,b", env(t, have)["HONE_SERVE_ALLOWED_THINGS"])
				require.Equal(t, "false", env(t, have)["HONE_SERVE_FLAG"])
			}},
		"a large number stays one": {`{settings: {maxTrials: 12345678}}`, func(t *testing.T, have map[string]object) {
			require.Equal(t, "12345678", env(t, have)["HONE_SERVE_MAX_TRIALS"])
		}},
		"an admin's token of one's own": {`{adminToken: {existingSecret: mine}}`, func(t *testing.T, have map[string]object) {
			require.Equal(t, "/etc/hone/admin/token", env(t, have)["HONE_SERVE_TOKEN_FILE"])
			require.Equal(t, "mine", at(t, have, deployment, "spec", "template", "spec", "volumes", 1, "secret", "secretName"))
		}},
		"an ingress": {`{ingress: {enabled: true, host: hone.example, tlsSecretName: tls, className: nginx}, allowedHosts: [other.example]}`,
			func(t *testing.T, have map[string]object) {
				require.Contains(t, env(t, have)["HONE_SERVE_ALLOWED_HOSTS"], ",hone.example,other.example")
				require.Equal(t, "hone.example", at(t, have, "Ingress/hone-system/hone", "spec", "rules", 0, "host"))
			}},
		"a volume that is there": {`{persistence: {existingClaim: old}}`, func(t *testing.T, have map[string]object) {
			require.NotContains(t, have, "PersistentVolumeClaim/hone-system/hone")
			require.Equal(t, "old", at(t, have, deployment, "spec", "template", "spec", "volumes", 0, "persistentVolumeClaim", "claimName"))
		}},
		"another access mode": {`{persistence: {accessMode: ReadWriteOnce, keep: false, storageClass: fast}}`, func(t *testing.T, have map[string]object) {
			claim := have["PersistentVolumeClaim/hone-system/hone"]
			require.Equal(t, []any{"ReadWriteOnce"}, at(t, claim, "spec", "accessModes"))
			require.Equal(t, "fast", at(t, claim, "spec", "storageClassName"))
			require.Nil(t, at(t, claim, "metadata", "annotations"))
		}},
		"kinds of one's own": {`{rbac: {extraRules: [{apiGroups: [argoproj.io], resources: [workflows], verbs: [get]}]}}`, func(t *testing.T, have map[string]object) {
			data, err := json.Marshal(have["ClusterRole//hone"])
			require.NoError(t, err)
			require.Contains(t, string(data), "workflows")
		}},
		"roles of Kubeflow": {`{userRoles: {kubeflow: true}}`, func(t *testing.T, have map[string]object) {
			for key, o := range rendered(t, "-overlay", "kubeflow") {
				if strings.HasPrefix(key, "ClusterRole//kubeflow-") {
					require.Equal(t, o, have[key])
				}
			}
			require.Contains(t, have, "ClusterRole//kubeflow-hone-edit")
		}},
		"without rights and rules of the network": {`{rbac: {create: false}, networkPolicy: {enabled: false}, serviceAccount: {create: false, name: mine}, userRoles: {create: false}}`,
			func(t *testing.T, have map[string]object) {
				require.ElementsMatch(t, []string{deployment, "Service/hone-system/hone", "PersistentVolumeClaim/hone-system/hone"}, slices.Collect(maps.Keys(have)))
				require.Equal(t, "mine", at(t, have, deployment, "spec", "template", "spec", "serviceAccountName"))
			}},
		"everything for the pod": {`{podLabels: {a: b}, podAnnotations: {c: d}, nodeSelector: {e: f}, tolerations: [{operator: Exists}], affinity: {podAffinity: {}},
			imagePullSecrets: [{name: p}], extraEnv: [{name: X, value: "1"}], goMemoryLimit: "", networkPolicy: {extraFrom: [{ipBlock: {cidr: 10.0.0.0/8}}], extraEgress: [{to: [{podSelector: {}}]}]},
			service: {type: LoadBalancer, port: 80, annotations: {g: h}}, serviceAccount: {annotations: {i: j}}, persistence: {annotations: {k: l}}}`,
			func(t *testing.T, have map[string]object) {
				require.Equal(t, "1", env(t, have)["X"])
				require.NotContains(t, env(t, have), "GOMEMLIMIT")
				require.Equal(t, "http://hone.$(POD_NAMESPACE).svc:80", env(t, have)["HONE_SERVE_URL"])
				require.Equal(t, "b", at(t, have, deployment, "spec", "template", "metadata", "labels", "a"))
				require.Len(t, at(t, have, "NetworkPolicy/hone-system/hone", "spec", "egress"), 3)
				require.Equal(t, object{"k": "l", "helm.sh/resource-policy": "keep"}, at(t, have, "PersistentVolumeClaim/hone-system/hone", "metadata", "annotations"))
			}},
	} {
		t.Run(name, func(t *testing.T) { c.check(t, charted(t, c.values)) })
	}
}

func TestValuesThatCannotBeAreRefused(t *testing.T) {
	for values, says := range map[string]string{
		`{persistance: {size: 1Gi}}`:                         "persistance",
		`{image: {tagg: v1}}`:                                "tagg",
		`{persistence: {accessMode: ReadWriteMany}}`:         "accessMode",
		`{settings: {max-trials: 1}}`:                        "max-trials",
		`{watchNamespaces: vision}`:                          "watchNamespaces",
		`{ingress: {enabled: true}}`:                         "ingress.host",
		`{networkPolicy: {apiServerPorts: []}}`:              "apiServerPorts",
		`{url: "hone.example"}`:                              "url",
		`{collector: {image: {digest: "sha256:abc"}}}`:       "digest",
		`{rbac: {extraRules: [{apiGroups: [argoproj.io]}]}}`: "extraRules",
	} {
		_, _, err := template(values)
		require.ErrorContains(t, err, says, values)
	}
}

func TestNotesSayHowToComeIn(t *testing.T) {
	notes, _, err := template("")
	require.NoError(t, err)
	require.Contains(t, notes, "kubectl -n hone-system exec deploy/hone -- /hone token create me --role admin > me.token")
	require.Contains(t, notes, "port-forward svc/hone 7070:7070")
	notes, _, err = template(`{ingress: {enabled: true, host: hone.example, tlsSecretName: x}, persistence: {enabled: false}, watchNamespaces: [vision]}`)
	require.NoError(t, err)
	require.Contains(t, notes, "hone login https://hone.example --token-file me.token")
	require.Contains(t, notes, "all experiments go with it")
	require.Contains(t, notes, "Trials run in vision.")
}

func TestHelmLintFindsNothing(t *testing.T) {
	result := lint.RunAll(chart, map[string]any{}, "hone-system")
	for _, m := range result.Messages {
		if m.Severity >= support.WarningSev {
			t.Error(m)
		}
	}
	require.NotZero(t, result.HighestSeverity+1)
}

// TestEveryValueIsKnownToTheSchemaAndUsed: none is left over in the file, the schema or the templates.
func TestEveryValueIsKnownToTheSchemaAndUsed(t *testing.T) {
	data, err := os.ReadFile(chart + "/values.yaml")
	require.NoError(t, err)
	var values, schema object
	require.NoError(t, yaml.UnmarshalStrict(data, &values))
	data, err = os.ReadFile(chart + "/values.schema.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &schema))

	inSchema := paths("", schema, func(o object) object {
		p, _ := o["properties"].(object)
		return p
	})
	inSchema = slices.DeleteFunc(inSchema, func(p string) bool { return p == "global" })
	inFile := paths("", values, func(o object) object { return o })
	for _, p := range inSchema {
		require.Contains(t, inFile, p, "values.yaml must show it")
	}
	page, err := os.ReadFile("../../docs/kubernetes.md")
	require.NoError(t, err)
	_, settings, _ := strings.Cut(string(page), "| value of the chart |")
	settings, _, _ = strings.Cut(settings, "\n\n")
	rows := regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllStringSubmatch(settings, -1)
	require.Greater(t, len(rows), 8)
	for _, row := range rows {
		for _, p := range strings.Split(row[1], ", ") {
			require.Contains(t, inFile, strings.Trim(p, "`"), "docs/kubernetes.md")
		}
	}
	var templates strings.Builder
	files, err := os.ReadDir(chart + "/templates")
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(chart + "/templates/" + f.Name())
		require.NoError(t, err)
		templates.Write(data)
	}
	for _, used := range regexp.MustCompile(`\.Values\.([a-zA-Z.]+)`).FindAllStringSubmatch(templates.String(), -1) {
		require.Contains(t, inFile, used[1])
	}
	for name := range values {
		require.Contains(t, templates.String(), ".Values."+name)
	}
}

// paths lists the paths of all that is in a tree.
func paths(prefix string, tree object, children func(object) object) (out []string) {
	for name, child := range children(tree) {
		out = append(out, prefix+name)
		if o, ok := child.(object); ok {
			out = append(out, paths(prefix+name+".", o, children)...)
		}
	}
	return out
}
