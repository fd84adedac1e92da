// Package kube runs trials as objects of a Kubernetes cluster: batch jobs, the training jobs of Kubeflow, job sets,
// or any other kind. New makes the Runner. Every foreign kind goes through the dynamic client; pods are watched by
// their label.
//
// It imports the root package, trials, internal/{tail,template,wire} and client-go.
package kube
