package wire

import "strings"

// Scope says what a route is about, and with that which callers may be let in.
type Scope string

// The scopes.
const (
	// Unruled routes have no rule: nobody may use them.
	Unruled Scope = ""
	// Public routes are everybody's.
	Public Scope = "public"
	// OneNamespace is about the namespace that the path names.
	OneNamespace Scope = "one namespace"
	// SomeNamespaces is about those namespaces in which the caller has the role: the query or the body may name one,
	// and what is shown is limited to them.
	SomeNamespaces Scope = "some namespaces"
	// AllNamespaces is about all of them at once.
	AllNamespaces Scope = "all namespaces"
)

// Scope returns what the route is about. A new route outside of a namespace stays shut until it has a line here.
func (r Route) Scope() Scope {
	if strings.Contains(r.Path, "/namespaces/{ns}/") {
		return OneNamespace
	}
	switch r.Operation {
	case Healthz, Readyz:
		return Public
	case ListExperiments, CreateExperiment, RunExperiment, Algorithms, OpenAPI:
		return SomeNamespaces
	case CreateToken, Tokens, RevokeToken, Metrics, Backup:
		return AllNamespaces
	}
	return Unruled
}
