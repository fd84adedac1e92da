package main

import (
	"os"
	"path/filepath"

	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/spec"
)

// monitored adds to the options of a server what it tells of itself: its description and, of a service, its
// metrics. A command that holds the data directory for a moment has nobody who would scrape it.
func (o *owner) monitored(options api.Options, service bool) api.Options {
	options.Version = buildVersion().Version
	options.ExperimentSchema = spec.Schema()
	if service {
		options.Metrics = api.NewMetrics(api.MetricsOptions{Statistics: o.controller, StoreSize: o.storeSize, Version: options.Version})
	}
	return options
}

// storeSize is what the store takes on disk.
func (o *owner) storeSize() (int64, error) {
	info, err := os.Stat(filepath.Join(o.dir, datadir.StoreName))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
