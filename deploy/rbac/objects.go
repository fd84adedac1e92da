package main

import (
	"bytes"
	"fmt"
	"maps"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	rbacGroup  = "rbac.authorization.k8s.io"
	apiVersion = rbacGroup + "/v1"
)

// role is a Role or a ClusterRole.
type role struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Rules      []rule   `yaml:"rules"`
}

// binding is a RoleBinding or a ClusterRoleBinding.
type binding struct {
	APIVersion string    `yaml:"apiVersion"`
	Kind       string    `yaml:"kind"`
	Metadata   metadata  `yaml:"metadata"`
	Ref        reference `yaml:"roleRef"`
	Subjects   []subject `yaml:"subjects"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace,omitempty"`
	Labels    map[string]string `yaml:"labels"`
}

type reference struct {
	Group string `yaml:"apiGroup"`
	Kind  string `yaml:"kind"`
	Name  string `yaml:"name"`
}

type subject struct {
	Kind      string `yaml:"kind"`
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace,omitempty"`
}

// plan says for whom roles are written.
type plan struct {
	name      string // of the service account, and what the names of roles begin with
	namespace string // of the service; empty where kustomize fills it in
	kinds     []resource
}

func labels(more map[string]string) map[string]string {
	out := map[string]string{"app.kubernetes.io/name": "hone", "app.kubernetes.io/instance": "hone", "app.kubernetes.io/part-of": "hone"}
	maps.Copy(out, more)
	return out
}

// cluster are the objects of the mode in which the service works in every namespace.
func (p plan) cluster() []any {
	return append(append(p.clusterWide("", append(trialRules(p.kinds), clusterRules(p.kinds)...)),
		p.clusterWide("-authentication", authenticationRules())...), append(p.own(ownRules(p.name)), p.users()...)...)
}

// namespaced are the objects of the mode in which it works in its own namespace: Roles, and nothing of the cluster.
func (p plan) namespaced() []any {
	return p.own(append(trialRules(p.kinds), ownRules(p.name)...))
}

func (p plan) clusterWide(suffix string, rules []rule) []any {
	m := metadata{Name: p.name + suffix, Labels: labels(nil)}
	return []any{
		role{APIVersion: apiVersion, Kind: "ClusterRole", Metadata: m, Rules: rules},
		binding{APIVersion: apiVersion, Kind: "ClusterRoleBinding", Metadata: m,
			Ref: reference{rbacGroup, "ClusterRole", m.Name}, Subjects: p.subjects()},
	}
}

func (p plan) own(rules []rule) []any {
	m := metadata{Name: p.name, Namespace: p.namespace, Labels: labels(nil)}
	return []any{
		role{APIVersion: apiVersion, Kind: "Role", Metadata: m, Rules: rules},
		binding{APIVersion: apiVersion, Kind: "RoleBinding", Metadata: m, Ref: reference{rbacGroup, "Role", m.Name}, Subjects: p.subjects()},
	}
}

func (p plan) subjects() []subject { return []subject{{"ServiceAccount", p.name, p.namespace}} }

// users are roles for people. Who has a namespace by Kubernetes' own roles view, edit or admin has its experiments
// too; the admin of the service is somebody to whom that is given by name.
func (p plan) users() []any {
	rules := userRules()
	user := func(level string, more map[string]string) role {
		m := metadata{Name: p.name + "-" + level, Labels: labels(more)}
		return role{APIVersion: apiVersion, Kind: "ClusterRole", Metadata: m, Rules: rules[level]}
	}
	return []any{
		user("view", map[string]string{rbacGroup + "/aggregate-to-view": "true"}),
		user("edit", map[string]string{rbacGroup + "/aggregate-to-edit": "true", rbacGroup + "/aggregate-to-admin": "true"}),
		user("admin", nil),
	}
}

// kubeflow are the same roles for those who share a profile in Kubeflow, by the labels that join its parts' roles.
func (p plan) kubeflow() []any {
	const aggregate = "rbac.authorization.kubeflow.org/aggregate-to-kubeflow-"
	rules := userRules()
	user := func(level string, more map[string]string) role {
		m := metadata{Name: "kubeflow-" + p.name + "-" + level, Labels: labels(more)}
		return role{APIVersion: apiVersion, Kind: "ClusterRole", Metadata: m, Rules: rules[level]}
	}
	return []any{
		user("view", map[string]string{aggregate + "view": "true"}),
		user("edit", map[string]string{aggregate + "edit": "true", aggregate + "admin": "true"}),
	}
}

// document writes objects as a YAML stream.
func document(objects ...any) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("# Written by go run ./deploy/rbac; make manifests writes it anew.\n")
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	for _, o := range objects {
		if err := encoder.Encode(o); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), encoder.Close()
}

// table writes what the service may do as rows of Markdown.
func (p plan) table() string {
	var out strings.Builder
	for _, rules := range [][]rule{trialRules(p.kinds), clusterRules(p.kinds), ownRules(p.name), authenticationRules()} {
		for _, r := range rules {
			group, objects := r.Groups[0], strings.Join(r.Resources, ", ")
			if group == "" {
				group = "core"
			}
			if len(r.Names) > 0 {
				objects += " `" + strings.Join(r.Names, "`, `") + "`"
			}
			fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", group, objects, strings.Join(r.Verbs, ", "), r.why)
		}
	}
	return out.String()
}
