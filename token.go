package hone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Role is what a caller may do. Each role may do what the ones before it may.
type Role string

// The roles.
const (
	RoleViewer Role = "viewer" // looks
	RoleEditor Role = "editor" // creates, steers and deletes experiments, and with that starts programs; asks, tells, measures
	RoleAdmin  Role = "admin"  // also hands out tokens, and starts programs in any folder
)

// Roles lists the roles, the least first.
func Roles() []Role { return []Role{RoleViewer, RoleEditor, RoleAdmin} }

// Includes reports whether a role may do all that another one may. What is no role includes none, and is
// included in none.
func (r Role) Includes(other Role) bool {
	have, wanted := slices.Index(Roles(), r), slices.Index(Roles(), other)
	return wanted >= 0 && have >= wanted
}

// Token lets its bearer do something. Its secret is known to its bearer only.
type Token struct {
	// ID names the token, for revoking it.
	ID   string `json:"id"`
	Name string `json:"name"` // says whose it is, for people
	Role Role   `json:"role"`
	// Namespaces are those that it is limited to; none means all.
	Namespaces []string  `json:"namespaces,omitempty"`
	Created    time.Time `json:"created"`
	// Expires is when it stops working; nil for never.
	Expires *time.Time `json:"expires,omitempty"`
}

// TokenRequest asks for a token.
type TokenRequest struct {
	Name       string   `json:"name"`
	Role       Role     `json:"role"`
	Namespaces []string `json:"namespaces,omitempty"`
	// Expires is how long it will work; 0 for ever.
	Expires Duration `json:"expires,omitzero"`
}

// Limits of what a request for a token may say.
const (
	TokenNameLimit       = 100 // bytes
	TokenNamespacesLimit = 1000
	LongestToken         = 100 * 365 * 24 * time.Hour
)

// Validate says everything that is wrong with the request: FieldErrors.
func (r TokenRequest) Validate() error {
	var errs FieldErrors
	switch {
	case strings.TrimSpace(r.Name) == "":
		errs.add("name", "is missing: say whose token it will be, such as ci")
	case len(r.Name) > TokenNameLimit:
		errs.add("name", "has %d bytes; at most %d are allowed", len(r.Name), TokenNameLimit)
	case !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, func(c rune) bool { return !unicode.IsPrint(c) }):
		errs.add("name", "%q must be characters that can be printed", r.Name)
	}
	if r.Role == "" {
		errs.add("role", "is missing: viewer, editor or admin")
	}
	errs.oneOf("role", string(r.Role), string(RoleViewer), string(RoleEditor), string(RoleAdmin))
	if len(r.Namespaces) > TokenNamespacesLimit {
		errs.add("namespaces", "has %d names; at most %d are allowed", len(r.Namespaces), TokenNamespacesLimit)
	} else {
		for i, namespace := range r.Namespaces {
			path := fmt.Sprintf("namespaces[%d]", i)
			errs.name(path, namespace)
			if first := slices.Index(r.Namespaces, namespace); first < i {
				errs.add(path, "%q stands there already, at %d", namespace, first)
			}
		}
	}
	if d := time.Duration(r.Expires); d < 0 || d > LongestToken {
		errs.add("expires", "must be a time from now, of at most %s, not %s", Duration(LongestToken), r.Expires)
	}
	return errs.Err()
}

// IssuedToken is a new token with its secret, which is shown this once.
type IssuedToken struct {
	Token
	Secret string `json:"secret"`
}

// TokenService hands out tokens.
type TokenService interface {
	CreateToken(ctx context.Context, r TokenRequest) (IssuedToken, error)
	// Tokens lists those that have not been revoked, the oldest first.
	Tokens(ctx context.Context) ([]Token, error)
	// RevokeToken makes a token worthless at once; NotFound if there is none of that ID.
	RevokeToken(ctx context.Context, id string) error
}

// StoredToken is what is remembered of a token: never its secret.
type StoredToken struct {
	Token
	// Hash is the SHA-256 of the secret.
	Hash []byte `json:"hash"`
}

// TokenStore remembers tokens.
type TokenStore interface {
	// PutToken stores a token; AlreadyExists if its ID is taken.
	PutToken(ctx context.Context, t StoredToken) error
	// Tokens lists them by creation, then ID.
	Tokens(ctx context.Context) ([]StoredToken, error)
	// DeleteToken forgets one; NotFound if there is none of that ID.
	DeleteToken(ctx context.Context, id string) error
}

// Access is what a caller wants to do.
type Access struct {
	// Role is the least that may do it.
	Role Role
	// Namespace is where. Without it, the request names none: then it is enough to have the role in some
	// namespace, and the Caller says in which.
	Namespace string
	// Everywhere says that it is about all namespaces: the role in some of them is not enough.
	Everywhere bool
}

// Caller is who sends a request.
type Caller struct {
	// ID tells callers apart; of two, it is never the same.
	ID string
	// Name says who it is, for logs.
	Name string
	// Namespaces are those in which the caller has the role that was asked for; none means all. One that is "" is no
	// namespace: alone, it stands for none at all.
	Namespaces []string
	// Guest marks who was let in without saying who they are. Guests may steer external experiments only,
	// so that they start no programs.
	Guest bool
}

// Authorizer lets callers in, or not. It is asked for every request, so one that has to ask somebody else
// remembers the answer for a few seconds.
type Authorizer interface {
	// Authorize returns who bears the token ("" for none) if they may do what they want. The error is of kind
	// Unauthenticated where the token says nothing to this server, and PermissionDenied where it does not
	// suffice; neither tells what there is.
	Authorize(ctx context.Context, token string, a Access) (Caller, error)
}

type callerKey struct{}

// WithCaller returns a context that says who sent the request.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerOf tells who sent a request; false where nobody asked them.
func CallerOf(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

type admissionKey struct{}

// WithAdmission returns a context in which Admit asks a function whether the caller may create or change an
// experiment. What it is about is known only when its file has been read, or itself been found.
func WithAdmission(ctx context.Context, admit func(e Experiment) error) context.Context {
	return context.WithValue(ctx, admissionKey{}, admit)
}

// Admit says why the caller may not create or change an experiment, or nil. Its namespace and its spec are
// looked at. Where nobody guards the service, everybody may.
func Admit(ctx context.Context, e Experiment) error {
	if admit, ok := ctx.Value(admissionKey{}).(func(Experiment) error); ok {
		return admit(e)
	}
	return nil
}
