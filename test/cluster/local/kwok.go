package local

import "context"

func (c *Cluster) startFakeNodes(context.Context) error { return nil }
