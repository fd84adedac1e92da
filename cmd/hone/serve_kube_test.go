package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/memory"
)

// TestWhatMayBeAnotherServicesIsLeftAlone asks of attempts that a store knows to run, to have ended, and not at all.
func TestWhatMayBeAnotherServicesIsLeftAlone(t *testing.T) {
	o := &owner{store: memory.New()}
	e := hone.Experiment{UID: "u", Name: "digits", Namespace: "default", Spec: hone.Spec{Parallelism: 2, Trial: &hone.TrialTemplate{Image: "a"}}}
	events := []hone.Event{{Type: hone.EventCreated}, {Type: hone.EventAttached}}
	for number := 1; number <= 2; number++ {
		events = append(events, hone.Event{Type: hone.EventTrialCreated, Trial: number}, hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 1})
	}
	events = append(events, hone.Event{Type: hone.EventTrialEnded, Trial: 2, Attempt: 1, State: string(hone.TrialFailed)})
	for i := range events {
		events[i].Sequence, events[i].Time = int64(i+1), time.Unix(int64(i), 0)
	}
	_, err := o.store.CreateExperiment(t.Context(), e, events[0])
	require.NoError(t, err)
	_, err = o.store.Record(t.Context(), e.UID, events[1:]...)
	require.NoError(t, err)
	for id, want := range map[hone.AttemptID]bool{
		{UID: "u", Number: 1, Attempt: 1}:     true,
		{UID: "u", Number: 2, Attempt: 1}:     false, // it has ended
		{UID: "u", Number: 2, Attempt: 2}:     true,  // somebody else has tried it again
		{UID: "u", Number: 3, Attempt: 1}:     true,  // somebody else has made it
		{UID: "other", Number: 1, Attempt: 1}: true,
	} {
		live, err := o.live(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, live, "%v", id)
	}
}
