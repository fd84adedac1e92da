// Package cluster lets in who is known to a Kubernetes cluster, with what the cluster allows them. New makes an
// Authorizer: it asks the API server who bears a token (TokenReview), and whether they might get, update or administer
// experiments of hone.dev (SubjectAccessReview). There are no such objects in the cluster: they are what rules are
// written about.
//
// It imports the root, hclog and client-go's dynamic client.
package cluster
