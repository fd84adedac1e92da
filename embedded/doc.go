// Package embedded is Hone inside a Go program, for those that want no server: store, algorithms and controller in
// this process. What Open returns is a hone.Service, so that everything of package client works with it:
//
//	service, err := embedded.Open("", embedded.Options{})
//	…
//	defer service.Close()
//	result, err := client.Optimize(ctx, service, experiment, function)
//
// Trials are run by this program (ask and tell); experiments that start programs of their own are for `hone run`
// and `hone serve`. A data directory is the same for all of them: what was embedded can be looked at with
// `hone leaderboard`, and served later.
//
// It may wire rooms together, as cmd does.
package embedded
