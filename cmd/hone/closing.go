package main

import (
	"context"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

// silentFor is how long a process may take to leave before it says what it waits for.
const silentFor = time.Second

// close ends the connection. An interrupt ends the command's own work; work that this process has taken on for
// others is waited for, and when that takes a while the user is told.
func (a *app) close(ctx context.Context, s connection) error {
	inner := context.WithoutCancel(ctx)
	if _, self := s.Owner(); !self {
		return s.Close(inner)
	}
	// Asked before: while it closes, a call could find the way to a service that is no longer there.
	others := a.runningHere(inner, s)
	if len(others) == 0 {
		return s.Close(inner)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close(inner) }()
	select {
	case err := <-closed:
		return err
	case <-time.After(silentFor):
	}
	again := "twice"
	if ctx.Err() != nil {
		again = "again"
	}
	a.stderr.print("this process still runs %s; press Ctrl-C %s to leave: its trials go on, and the next `hone run` adopts them", strings.Join(others, ", "), again)
	return <-closed
}

// runningHere names the experiments that a process runs at the moment; it is no error not to know.
func (a *app) runningHere(ctx context.Context, s connection) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, silentFor)
	defer cancel()
	all, err := allExperiments(ctx, s, hone.ExperimentFilter{State: hone.ExperimentRunning})
	if err != nil {
		return nil
	}
	for _, e := range all {
		if !a.waiting(e) {
			names = append(names, nameOf(e).String())
		}
	}
	return names
}
