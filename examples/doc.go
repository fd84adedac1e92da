// Package examples holds experiments that can be run, each in a folder of its own with a README:
//
//   - digits: a neural network in Go on real images; `make run` runs it
//   - sklearn: an unchanged Python script
//   - shell: any program can be a trial
//   - push: a program that sends its readings instead of printing them
//   - go-client: Go programs that tune what they call themselves, with or without a server
//   - ask-tell-python: a worker in Python that asks for its trials
//   - kubernetes: experiments whose trials are objects of a cluster
//
// `make examples` runs those that need no cluster to their end and looks at the leaderboards. It may wire rooms together.
package examples
