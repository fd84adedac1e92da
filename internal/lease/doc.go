// Package lease holds a Lease of a Kubernetes cluster, so that of several processes one is at work. Acquire is its entry
// point; the Lease it returns says when it was lost, and has a token that grows with each acquisition.
//
// It imports the root, hclog and client-go's dynamic client. client-go has a leader election of its own, which brings a
// typed client of every API group with it, and with that 16 MB more.
package lease
