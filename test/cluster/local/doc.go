// Package local starts a real Kubernetes cluster of one node on this machine, without Docker and without an
// image registry: etcd, the control plane, containerd, a kubelet, kube-proxy, names by CoreDNS, the training
// operator, JobSet and Trainer. All of it are processes of this machine that outlive the program that started
// them; everything they write lies in one state folder.
//
// Entry point: Open, then Up and Down. It imports nothing of the product.
package local
