package wire

import (
	"encoding/json"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestThePlainFormIsReadTheShortWay keeps the quick decoder from giving up on what programs write.
func TestThePlainFormIsReadTheShortWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := wiretest.Draw[Batch](t, "batch")
		b.Cursor, b.Source, b.Attempt, b.Sequence = nil, "worker é", 3, 4
		for i := range b.Measurements {
			b.Measurements[i].Metric = "val/loss"
			if b.Measurements[i].Value == nil {
				b.Measurements[i].Value = new(hone.Float)
			}
		}
		if b.Measurements == nil {
			b.Measurements = []Measurement{}
		}
		body, err := json.Marshal(b)
		require.NoError(t, err)
		short, ok := decodePlain(body, 17)
		require.True(t, ok, "%s", body)
		long, err := decodeBatch(body, 17)
		require.NoError(t, err)
		require.Empty(t, wiretest.Same(long, short))
	})
}

// FuzzBatch holds the short way against the long one.
func FuzzBatch(f *testing.F) {
	for _, body := range []string{`{}`, `{"measurements":[]}`, `{"attempt":1,"source":"a","sequence":2,"measurements":[{"metric":"a","value":1.5e-3,"step":-3}]}`,
		`{"measurements":[{"metric":"a","value":"NaN","time":"2026-01-02T03:04:05Z"},{"metric":"a","value":-0}]}`,
		`{"measurements":[{"metric":"a","value":01}]}`, `{"measurements":[{"metric":"a","value":1.}]}`, `{"measurements":[{"metric":"a","value":1e}]}`,
		`{"measurements":[{"metric":"a\n","value":1}]}`, `{"measurements":[{"metric":"\ud800","value":1},]}`, `{"Attempt":1}`, `{"attempt":1,"attempt":2}`,
		`{"measurements":null}`, `{"measurements":[{"metric":"a","value":1e999}]} `, ` { "measurements" : [ { "metric" : "a" , "value" : 1 } ] } x`,
		`{"attempt":1.0}`, `{"attempt":-1}`, `{"sequence":9223372036854775808}`, "{\"source\":\"\xff\"}", `{"measurements":[{"metric":"","value":1}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		short, ok := decodePlain(body, 17)
		if !ok {
			return
		}
		long, err := decodeBatch(body, 17)
		require.NoError(t, err)
		require.Empty(t, wiretest.Same(long, short))
	})
}
