// Command collector brings the metrics of trials that run in a cluster to Hone. It is one small program with three
// uses in the pod of a trial: an init container copies it into a volume (install), the program's container runs
// under it (exec), and a sidecar follows what the program writes and sends the readings to the service (follow).
//
// Its settings come from the environment only; settings.go lists them. What it writes lies below HONE_DIR.
package main
