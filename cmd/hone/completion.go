package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/spf13/cobra"
)

// completeFor is how long a shell waits for names at most.
const completeFor = time.Second

// lister is who knows what experiments there are.
type lister interface {
	ListExperiments(ctx context.Context, f hone.ExperimentFilter) (hone.ExperimentPage, error)
}

// completeExperiments offers the names of experiments to the shell. It never fails: no answer is an answer.
func (a *app) completeExperiments(cmd *cobra.Command, args []string, prefix string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, e := range a.known(cmd) {
		if name := nameOf(e).String(); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeTrials offers the names of trials.
func (a *app) completeTrials(cmd *cobra.Command, args []string, prefix string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, e := range a.known(cmd) {
		n := nameOf(e)
		for number := 1; number <= e.Status.Trials() && len(names) < 1000; number++ {
			if trial := trialReference(n, number); strings.HasPrefix(trial, prefix) {
				names = append(names, trial)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeTokens offers the IDs of tokens, with whose they are.
func (a *app) completeTokens(cmd *cobra.Command, args []string, prefix string) (ids []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	a.glancing(cmd, func(ctx context.Context, from lister) {
		s, ok := from.(hone.TokenService)
		if !ok {
			return
		}
		all, _ := s.Tokens(ctx)
		for _, t := range all {
			if strings.HasPrefix(t.ID, prefix) {
				ids = append(ids, t.ID+"\t"+clean(t.Name)+", "+string(t.Role))
			}
		}
	})
	return ids, cobra.ShellCompDirectiveNoFileComp
}

// known lists the experiments that there are, as far as that is quick to find out.
func (a *app) known(cmd *cobra.Command) (all []hone.Experiment) {
	a.glancing(cmd, func(ctx context.Context, from lister) {
		f := hone.ExperimentFilter{Namespace: a.namespace}
		for {
			page, err := from.ListExperiments(ctx, f)
			all = append(all, page.Experiments...)
			if f.Cursor = page.Cursor; err != nil || f.Cursor == "" {
				return
			}
		}
	})
	return all
}

// glancing calls f with who knows what the shell wants to know, if anybody does.
func (a *app) glancing(cmd *cobra.Command, f func(context.Context, lister)) {
	parent := cmd.Context()
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithTimeout(parent, completeFor)
	defer cancel()
	a.settle(cmd)
	from, done, err := a.glance(ctx)
	if err != nil {
		return
	}
	defer done()
	f(ctx, from)
}

// lookAround finds a service, or the owner of the data directory. Where nobody owns that, its store is opened for a
// moment. Nothing is made and nothing is started.
func (a *app) lookAround(ctx context.Context) (from lister, done func(), err error) {
	p, err := a.place()
	if err != nil {
		return nil, nil, err
	}
	if p.server != "" {
		s, err := a.remoteSession(p)
		if err != nil {
			return nil, nil, err
		}
		return s, func() { _ = s.Close(ctx) }, nil
	}
	dir, err := filepath.Abs(p.dataDir)
	if err != nil {
		return nil, nil, err
	}
	socket := filepath.Join(dir, datadir.SocketName)
	conn, err := unixsock.Dial(ctx, socket)
	if err != nil {
		return openQuietly(dir)
	}
	_ = conn.Close()
	s := socketSession(socket)
	return s, func() { _ = s.Close(ctx) }, nil
}

// openQuietly opens the store of a data directory that nobody owns.
func openQuietly(dir string) (lister, func(), error) {
	if _, err := os.Stat(filepath.Join(dir, datadir.StoreName)); err != nil {
		return nil, nil, err
	}
	lock, err := datadir.Take(dir, datadir.UntilDone)
	if err != nil {
		return nil, nil, err
	}
	if lock == nil {
		return nil, nil, hone.Errorf(hone.Unavailable, "somebody else has the data directory")
	}
	store, err := bolt.Open(filepath.Join(dir, datadir.StoreName), bolt.Options{})
	if err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	return storeLister{store}, func() { _ = errors.Join(store.Close(), lock.Close()) }, nil
}

// storeLister lists what a store has.
type storeLister struct{ store hone.ExperimentStore }

func (s storeLister) ListExperiments(ctx context.Context, f hone.ExperimentFilter) (hone.ExperimentPage, error) {
	return s.store.Experiments(ctx, f)
}
