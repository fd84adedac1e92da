package cluster

import (
	"context"
	"slices"

	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	hone "github.com/hone-tuner/hone"
)

// question is what is asked about the bearer of a token. Without a namespace, it is about all of them.
type question struct {
	of              digest
	verb, namespace string
}

// Check says why the cluster would not answer this service, or nil: PermissionDenied where the service itself lacks the right to
// ask, Unavailable where nobody answers.
func (z *Authorizer) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	review := authentication.TokenReview{Spec: authentication.TokenReviewSpec{Token: "nobody's", Audiences: z.audiences()}}
	if err := z.send(ctx, tokenReviews(), &review); err != nil {
		return err
	}
	access := authorization.SubjectAccessReview{Spec: authorization.SubjectAccessReviewSpec{User: "nobody",
		ResourceAttributes: &authorization.ResourceAttributes{Group: Group, Resource: Resource, Verb: verb(hone.RoleViewer)}}}
	return z.send(ctx, accessReviews(), &access)
}

// whoBears asks who bears a token.
func (z *Authorizer) whoBears(ctx context.Context, token string) (authentication.UserInfo, error) {
	review := authentication.TokenReview{Spec: authentication.TokenReviewSpec{Token: token, Audiences: z.audiences()}}
	if err := z.ask(ctx, tokenReviews(), &review); err != nil {
		return authentication.UserInfo{}, err
	}
	status := review.Status
	meant := z.Audience == "" || slices.Contains(status.Audiences, z.Audience)
	if !status.Authenticated || !meant || status.User.Username == "" || status.User.Username == "system:anonymous" {
		z.Logger.Debug("the cluster does not know a token", "error", status.Error, "audiences", status.Audiences)
		hint := ""
		if z.Audience != "" {
			hint = " --audience " + z.Audience
		}
		return authentication.UserInfo{}, hone.Errorf(hone.Unauthenticated, "neither this server nor its cluster knows the token: it has expired, was revoked, "+
			"or is meant for somebody else; the cluster makes one with 'kubectl create token ACCOUNT%s'", hint)
	}
	return status.User, nil
}

func (z *Authorizer) audiences() []string {
	if z.Audience == "" {
		return nil
	}
	return []string{z.Audience}
}

// may says why somebody may not do something, or nil. What was asked a moment ago is not asked again.
func (z *Authorizer) may(ctx context.Context, user authentication.UserInfo, q question) error {
	_, err := z.answers.get(ctx, q, func(ctx context.Context) (struct{}, error) { return struct{}{}, z.askMay(ctx, user, q) })
	return err
}

func (z *Authorizer) askMay(ctx context.Context, user authentication.UserInfo, q question) error {
	extra := map[string]authorization.ExtraValue{}
	for name, values := range user.Extra {
		extra[name] = authorization.ExtraValue(values)
	}
	review := authorization.SubjectAccessReview{Spec: authorization.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
		ResourceAttributes: &authorization.ResourceAttributes{Namespace: q.namespace, Verb: q.verb, Group: Group, Resource: Resource},
	}}
	if err := z.ask(ctx, accessReviews(), &review); err != nil {
		return err
	}
	if review.Status.Allowed && !review.Status.Denied {
		return nil
	}
	return z.refusal(user, q)
}

// refusal says what somebody may not do, as Kubernetes itself would.
func (z *Authorizer) refusal(user authentication.UserInfo, q question) error {
	where := "in all namespaces"
	if q.namespace != "" {
		where = "in the namespace " + q.namespace
	}
	return hone.Errorf(hone.PermissionDenied, "%s may not %s %s.%s %s: a role with that verb must be bound to them there", user.Username, q.verb, Resource, Group, where)
}

func tokenReviews() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "authentication.k8s.io", Version: "v1", Kind: "TokenReview"}
}

func accessReviews() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "authorization.k8s.io", Version: "v1", Kind: "SubjectAccessReview"}
}

// ask is send for a caller: that the service itself lacks a right must not look as if the caller did.
func (z *Authorizer) ask(ctx context.Context, kind schema.GroupVersionKind, review any) error {
	err := z.send(ctx, kind, review)
	if err == nil {
		return nil
	}
	z.Logger.Warn("the cluster cannot be asked who may do what", "error", err)
	return hone.Errorf(hone.Unavailable, "the cluster cannot be asked who may do what: try again later; the log of the service says why")
}

// send sends a review and reads the answer into it.
func (z *Authorizer) send(ctx context.Context, kind schema.GroupVersionKind, review any) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(review)
	if err != nil {
		return hone.Errorf(hone.Internal, "a question to the cluster cannot be written: %w", err)
	}
	object := &unstructured.Unstructured{Object: fields}
	object.SetGroupVersionKind(kind)
	resource := map[string]string{"TokenReview": "tokenreviews", "SubjectAccessReview": "subjectaccessreviews"}[kind.Kind]
	answer, err := z.Client.Resource(kind.GroupVersion().WithResource(resource)).Create(ctx, object, metav1.CreateOptions{})
	if err == nil {
		err = runtime.DefaultUnstructuredConverter.FromUnstructured(answer.Object, review)
	}
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err):
		return hone.Errorf(hone.PermissionDenied, "this service may not ask its cluster who may do what: %w; bind the cluster role system:auth-delegator to its account", err)
	}
	return hone.Errorf(hone.Unavailable, "the cluster cannot be asked who may do what: %w", err)
}
