package local

import "context"

func (c *Cluster) startOperators(context.Context) error { return nil }
