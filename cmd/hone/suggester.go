package main

import (
	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/embedded"
	"github.com/hone-tuner/hone/suggest"
	"github.com/hone-tuner/hone/suggest/remote"
)

// catalog is what an experiment can choose from.
func catalog() hone.Catalog { return embedded.Catalog() }

// newServices are the ways to suggestion services, which must be closed.
func newServices(logger hclog.Logger) *remote.Services {
	return remote.New(remote.Options{Logger: logger})
}

func newSuggester(services *remote.Services, logger hclog.Logger) *suggest.Suggester {
	return embedded.NewSuggester(services, logger)
}
