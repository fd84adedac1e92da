package cluster

import (
	"context"
	"crypto/sha256"
	"errors"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	authentication "k8s.io/api/authentication/v1"
	"k8s.io/client-go/dynamic"

	hone "github.com/hone-tuner/hone"
)

// How long answers of the cluster are believed. A token that was revoked and a right that was taken away work for so long; one
// that was given works a little sooner.
const (
	allowedTime = 10 * time.Second
	deniedTime  = 3 * time.Second
	requestTime = 5 * time.Second
)

const (
	rememberedTokens  = 4096
	rememberedAnswers = 16384
	mostNamespaces    = 500 // that a list asks about
	atOnce            = 8   // questions of one request
)

// Group and Resource are what rules about experiments name.
const (
	Group    = "hone.dev"
	Resource = "experiments"
)

// Options are what an Authorizer works with. Client must be set.
type Options struct {
	Client dynamic.Interface
	// Audience is whom tokens must be meant for; "" for the API server itself.
	Audience string
	// Namespaces lists those in which there are experiments, for callers who have rights in some namespaces only; nil
	// for none.
	Namespaces func(ctx context.Context) ([]string, error)
	// Logger hears of a cluster that cannot be asked; nil for nobody.
	Logger hclog.Logger
}

// Authorizer lets in who is known to the cluster. It is safe for concurrent use.
type Authorizer struct {
	Options

	users   *cache[digest, authentication.UserInfo]
	answers *cache[question, struct{}]
}

var _ hone.Authorizer = (*Authorizer)(nil)

// digest stands for a token: the tokens themselves are not kept.
type digest [sha256.Size]byte

// New makes an authorizer.
func New(o Options) *Authorizer {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return &Authorizer{Options: o, users: newCache[digest, authentication.UserInfo](rememberedTokens),
		answers: newCache[question, struct{}](rememberedAnswers)}
}

// verb is what a role must be allowed to do with experiments; "" for what is no role.
func verb(r hone.Role) string {
	switch r {
	case hone.RoleViewer:
		return "get"
	case hone.RoleEditor:
		return "update"
	case hone.RoleAdmin:
		return "administer"
	}
	return ""
}

// Authorize implements hone.Authorizer. It is Unavailable while the cluster cannot be asked.
func (z *Authorizer) Authorize(ctx context.Context, token string, a hone.Access) (hone.Caller, error) {
	if token == "" {
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "a token is missing: send it as the header Authorization: Bearer …; the cluster makes one with 'kubectl create token ACCOUNT'")
	}
	of := digest(sha256.Sum256([]byte(token)))
	user, err := z.users.get(ctx, of, func(ctx context.Context) (authentication.UserInfo, error) { return z.whoBears(ctx, token) })
	if err != nil {
		return hone.Caller{}, err
	}
	caller := hone.Caller{ID: "user " + user.Username, Name: user.Username}
	q := question{of: of, verb: verb(a.Role), namespace: a.Namespace}
	switch {
	case q.verb == "":
		return hone.Caller{}, hone.Errorf(hone.PermissionDenied, "%s may not do what no role may", user.Username)
	case a.Namespace == "" && !a.Everywhere:
		caller.Namespaces, err = z.inSome(ctx, user, q)
	case a.Everywhere:
		q.namespace = ""
		err = z.may(ctx, user, q)
	case !namespaceForm.MatchString(a.Namespace):
		err = z.refusal(user, q) // the cluster cannot have it
	default:
		err = z.may(ctx, user, q)
	}
	if err != nil {
		return hone.Caller{}, err
	}
	return caller, nil
}

// namespaceForm is what the name of a namespace can be.
var namespaceForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// inSome finds the namespaces in which a caller may do something; none for all. Who may do it nowhere gets a namespace that
// there is not: they see an empty list, and are asked again as soon as it is known where they want to do what.
func (z *Authorizer) inSome(ctx context.Context, user authentication.UserInfo, q question) ([]string, error) {
	err := z.may(ctx, user, q)
	if err == nil || !errors.Is(err, hone.PermissionDenied) {
		return nil, err
	}
	some := []string{""}
	if z.Namespaces == nil {
		return some, nil
	}
	all, err := z.Namespaces(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) > mostNamespaces {
		return nil, hone.Errorf(hone.PermissionDenied, "%s may not look at all namespaces, and there are too many to ask about each: name one", user.Username)
	}
	allowed, err := z.each(ctx, user, q, all)
	return append(some, allowed...), err
}

// each asks about some namespaces, several at a time.
func (z *Authorizer) each(ctx context.Context, user authentication.UserInfo, q question, namespaces []string) ([]string, error) {
	var asking sync.WaitGroup
	free := make(chan struct{}, atOnce)
	errs := make([]error, len(namespaces))
	for i, namespace := range namespaces {
		one := q
		one.namespace = namespace
		if !namespaceForm.MatchString(namespace) {
			errs[i] = z.refusal(user, one)
			continue
		}
		free <- struct{}{}
		asking.Go(func() {
			errs[i] = z.may(ctx, user, one)
			<-free
		})
	}
	asking.Wait()
	var allowed []string
	for i, err := range errs {
		switch {
		case err == nil:
			allowed = append(allowed, namespaces[i])
		case !errors.Is(err, hone.PermissionDenied):
			return nil, err
		}
	}
	return slices.Clip(allowed), nil
}
