package main

import (
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestDrainingIsSeen(t *testing.T) {
	f := ranked(t)
	f.record(t, hone.Event{Type: hone.EventDraining})
	for _, args := range [][]string{{"list"}, {"get", "digits"}} {
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, args...))
		require.Contains(t, x.stdout.String(), "Running (draining)")
		x = newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, append(args, "-o", "json")...))
		require.NotContains(t, x.stdout.String(), "(draining)", "programs have a field for it")
	}
}
