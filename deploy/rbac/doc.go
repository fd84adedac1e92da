// Command rbac writes the roles that Hone needs in a cluster, and no more: one table of what it does to which objects, in two
// modes. With -cluster, the service works in all namespaces; with -namespaced, in its own only, by Roles alone.
//
//	go run ./deploy/rbac -cluster
//	go run ./deploy/rbac -namespaced -kinds jobs.batch,pytorchjobs.kubeflow.org
//	go run ./deploy/rbac -cluster -also workflows.argoproj.io
//	go run ./deploy/rbac -write deploy        # the files that are kept in the repository; make manifests
//
// The entry point is run in main.go, the table is in rules.go. The kinds are those of trials/kube: the package wires rooms, as cmd does.
package main
