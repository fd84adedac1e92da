package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// rule is a PolicyRule of rbac.authorization.k8s.io/v1, written in the order that people know.
type rule struct {
	Groups    []string `yaml:"apiGroups,flow"`
	Resources []string `yaml:"resources,flow"`
	Names     []string `yaml:"resourceNames,flow,omitempty"`
	Verbs     []string `yaml:"verbs,flow"`
	why       string
}

// because says what a rule is for, in the table of docs/kubernetes.md.
func (r rule) because(why string) rule {
	r.why = why
	return r
}

func allow(group string, resources []string, verbs ...string) rule {
	return rule{Groups: []string{group}, Resources: resources, Verbs: verbs}
}

// resource is a kind of objects by the name that the API server's routes have for it.
type resource struct{ group, plural string }

// String is the name as kubectl has it: pytorchjobs.kubeflow.org.
func (r resource) String() string { return r.plural + "." + r.group }

func parseResource(text string) (resource, error) {
	plural, group, _ := strings.Cut(text, ".")
	if plural == "" || group == "" || plural != strings.ToLower(plural) {
		return resource{}, fmt.Errorf("%q is no kind of objects: write the plural and the group, as in pytorchjobs.kubeflow.org or jobs.batch", text)
	}
	return resource{group: group, plural: plural}, nil
}

// trialVerbs is what is done to the object of a trial: made, watched, changed (patch: suspended, or marked as our
// own), deleted.
func trialVerbs() []string { return []string{"get", "list", "watch", "create", "patch", "delete"} }

// trialRules are what the service does in the namespaces of trials. There is nothing about Secrets, ConfigMaps or
// Namespaces.
func trialRules(kinds []resource) []rule {
	byGroup := map[string][]string{}
	for _, k := range kinds {
		byGroup[k.group] = append(byGroup[k.group], k.plural)
	}
	var out []rule
	for _, group := range sorted(byGroup) {
		plurals := byGroup[group]
		slices.Sort(plurals)
		out = append(out, allow(group, slices.Compact(plurals), trialVerbs()...).because("trials: made, watched, suspended, deleted"))
	}
	if slices.ContainsFunc(kinds, isTrainJob) {
		out = append(out, allow(trainer, []string{"trainingruntimes"}, "get", "list", "create", "patch", "delete").
			because("a TrainJob takes no sidecar: its trial runs by a runtime derived from the one it names"))
	}
	return append(out,
		allow("", []string{"pods"}, "get", "list", "watch", "deletecollection").because("why a trial waits or has failed; ending it at once, by its labels"),
		allow("", []string{"pods/log"}, "get").because("`hone logs`, and readings that a sidecar could not send"),
		allow("", []string{"events"}, "list").because("why pods do not come"),
	)
}

// clusterRules are what is read beside that, and belongs to no namespace. A Role cannot give it.
func clusterRules(kinds []resource) []rule {
	if !slices.ContainsFunc(kinds, isTrainJob) {
		return nil
	}
	return []rule{allow(trainer, []string{"clustertrainingruntimes"}, "get").
		because("the runtime that a TrainJob names; cluster-wide mode only")}
}

// ownRules are what the service does in its own namespace: it holds a Lease, so that there is one of it.
func ownRules(lease string) []rule {
	const group = "coordination.k8s.io"
	its := allow(group, []string{"leases"}, "get", "update").because("its own Lease, by name: there is one service at a time")
	its.Names = []string{lease}
	return []rule{allow(group, []string{"leases"}, "create").because("what is being created has no name yet; own namespace"), its}
}

// authenticationRules let it ask the cluster who calls, and what they may do.
func authenticationRules() []rule {
	return []rule{
		allow("authentication.k8s.io", []string{"tokenreviews"}, "create").because("who calls; with `clusterAuth`"),
		allow("authorization.k8s.io", []string{"subjectaccessreviews"}, "create").because("what they may do; with `clusterAuth`"),
	}
}

// userRules are what people need to use the service by the cluster's own authentication, by level. There are no such
// objects in the cluster: the service asks whether somebody might do this to them (access/cluster): get for a viewer, update for
// an editor, administer for an admin. The other verbs are there so that a role reads as one is used to.
func userRules() map[string][]rule {
	look := []string{"get", "list", "watch"}
	change := append(look, "create", "update", "patch", "delete")
	of := func(verbs ...string) []rule { return []rule{allow("hone.dev", []string{"experiments"}, verbs...)} }
	return map[string][]rule{"view": of(look...), "edit": of(change...), "admin": of(append(change, "administer")...)}
}

func isTrainJob(k resource) bool { return k == resource{trainer, "trainjobs"} }

func sorted[K cmp.Ordered, V any](of map[K]V) []K {
	keys := make([]K, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
