package codec_test

import (
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

func usualTrial() hone.Trial {
	value, start, end := hone.Float(0.97), time.Unix(1, 5).UTC(), time.Unix(99, 7).UTC()
	return hone.Trial{Number: 17, Attempt: 1, State: hone.TrialSucceeded, Value: &value, StartTime: &start, EndTime: &end, Finished: 17,
		Metrics: map[string]hone.Float{"accuracy": value, "loss": 0.1}, Parameters: hone.Assignments{
			{Parameter: "lr", Value: hone.Number(0.00123)}, {Parameter: "layers", Value: hone.Number(3)},
			{Parameter: "optimizer", Value: hone.String("adam")}, {Parameter: "dropout", Value: hone.Number(0.25)}}}
}

func BenchmarkEncodeTrial(b *testing.B) {
	t := usualTrial()
	for b.Loop() {
		_, _ = codec.EncodeTrial(t)
	}
}

func BenchmarkDecodeTrial(b *testing.B) {
	record, _ := codec.EncodeTrial(usualTrial())
	for b.Loop() {
		_, _ = codec.DecodeTrial(record, "digits")
	}
}
