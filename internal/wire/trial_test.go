package wire_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
)

func TestTrialsAreShownInTheWordsOfTheContract(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	end := start.Add(6_234 * time.Millisecond)
	value := hone.Float(0.9871)
	trial := hone.Trial{Experiment: "digits", Number: 17, Attempt: 1, State: hone.TrialSucceeded,
		Parameters: hone.Assignments{{Parameter: "lr", Value: hone.Number(0.00083)}, {Parameter: "layers", Value: hone.Number(2)}},
		Value:      &value, Metrics: map[string]hone.Float{"accuracy": value, "loss": hone.Float(math.Inf(1))},
		StartTime: &start, EndTime: &end, Finished: 3}
	data, err := json.Marshal(wire.TrialOf(trial, end))
	require.NoError(t, err)
	require.JSONEq(t, `{"name": "digits-0017", "number": 17, "attempt": 1, "state": "Succeeded",
		"parameters": {"lr": 0.00083, "layers": 2}, "value": 0.9871, "metrics": {"accuracy": 0.9871, "loss": "Infinity"},
		"startTime": "2026-01-02T03:04:05Z", "endTime": "2026-01-02T03:04:11.234Z", "duration": "6.2s", "finished": 3}`, string(data))

	var back wire.Trial
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, trial, back.Of("digits"))
}

func TestDurationsAreThoseOfTheLatestAttempt(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	start := now.Add(-time.Minute)
	require.Empty(t, wire.TrialOf(hone.Trial{State: hone.TrialPending}, now).Duration)
	require.Equal(t, "1m", wire.TrialOf(hone.Trial{State: hone.TrialRunning, StartTime: &start}, now).Duration)
	require.True(t, wire.TrialOf(hone.Trial{Origin: hone.OriginImported}, now).Imported)
	for d, want := range map[time.Duration]string{
		0: "0s", 87_400 * time.Microsecond: "87ms", 999_600 * time.Microsecond: "1s", 6_249 * time.Millisecond: "6.2s",
		59_970 * time.Millisecond: "1m", 90_400 * time.Millisecond: "1m30s", time.Hour: "1h", -1500 * time.Millisecond: "-1.5s",
	} {
		require.Equal(t, want, wire.Duration(d), "%d", d)
	}
}
