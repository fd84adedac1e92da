package spec

import hone "github.com/hone-tuner/hone"

func warn(e hone.Experiment) []string { return nil }
