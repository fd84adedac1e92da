package main

import (
	"cmp"
	"slices"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/controller/earlystop"
	"github.com/hone-tuner/hone/suggest"
	"github.com/hone-tuner/hone/suggest/remote"
)

// catalog is what an experiment can choose from.
func catalog() hone.Catalog {
	c := hone.Catalog{Algorithms: []hone.Choice{remote.Choice()}, EarlyStopping: earlystop.Builtin()}
	for _, entry := range algorithms.Builtin() {
		c.Algorithms = append(c.Algorithms, entry.Choice)
	}
	slices.SortFunc(c.Algorithms, func(a, b hone.Choice) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

// newServices are the ways to suggestion services, which must be closed.
func newServices(logger hclog.Logger) *remote.Services {
	return remote.New(remote.Options{Logger: logger})
}

func newSuggester(services *remote.Services, logger hclog.Logger) *suggest.Suggester {
	factories := map[string]suggest.Factory{remote.Name: services.Algorithm}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
	}
	return suggest.New(factories, logger)
}
