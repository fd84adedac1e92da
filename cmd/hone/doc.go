// Command hone tunes hyperparameters: it runs experiments on this machine, shows them while they run,
// and steers them. The entry point is run in main.go; each command has a file of its own and speaks to
// a hone.Service, which owner.go finds: the process that owns the data directory, or this one.
//
// As the place where the rooms meet, it may import all of them.
package main
