package hone

import (
	"context"
	"slices"
	"time"
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

// Includes reports whether a role may do all that another one may.
func (r Role) Includes(other Role) bool {
	have := slices.Index(Roles(), r)
	return have >= 0 && have >= slices.Index(Roles(), other) && other != ""
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
	// Namespace is where; "" means in all of them.
	Namespace string
}

// Caller is who sends a request.
type Caller struct {
	// Name says who it is, for logs.
	Name string
}

// Authorizer lets callers in, or not.
type Authorizer interface {
	// Authorize returns who bears the token ("" for none) if they may do what they want. The error is of kind
	// Unauthenticated where the token says nothing to this server, and PermissionDenied where it does not
	// suffice; neither tells what there is.
	Authorize(ctx context.Context, token string, a Access) (Caller, error)
}

type admissionKey struct{}

// WithAdmission returns a context in which Admit asks a function whether the caller may create an
// experiment in a namespace, which is known only when its file has been read.
func WithAdmission(ctx context.Context, admit func(namespace string) error) context.Context {
	return context.WithValue(ctx, admissionKey{}, admit)
}

// Admit says why the caller may not create an experiment in a namespace, or nil. Where nobody guards the
// service, everybody may.
func Admit(ctx context.Context, namespace string) error {
	if admit, ok := ctx.Value(admissionKey{}).(func(string) error); ok {
		return admit(namespace)
	}
	return nil
}
