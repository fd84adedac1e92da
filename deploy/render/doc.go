// Command render writes deploy/install.yaml, the standalone installation in one file, and the same with other images:
//
//	go -C deploy/render run . > install.yaml
//	go -C deploy/render run . -overlay namespaced -namespace vision -registry registry.example/team -version v1.0
//
// Its tests hold all of deploy/ together: they render the kustomizations and the chart with the libraries of kustomize and
// Helm, compare the two, and look for what a cluster with restricted pods demands. It is a module of its own, since these
// libraries are large and nothing of Hone needs them. The entry point is run in main.go.
package main
