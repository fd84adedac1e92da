package embedded

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

// Catalog is what an experiment can choose from.
func Catalog() hone.Catalog {
	c := hone.Catalog{Algorithms: []hone.Choice{remote.Choice()}, EarlyStopping: earlystop.Builtin()}
	for _, entry := range algorithms.Builtin() {
		c.Algorithms = append(c.Algorithms, entry.Choice)
	}
	slices.SortFunc(c.Algorithms, func(a, b hone.Choice) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

// NewSuggester makes what asks the algorithms of the catalog. The services are the ways to those that are
// programs of their own, and must be closed by the caller.
func NewSuggester(services *remote.Services, logger hclog.Logger) *suggest.Suggester {
	factories := map[string]suggest.Factory{remote.Name: services.Algorithm}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
	}
	return suggest.New(factories, logger)
}
