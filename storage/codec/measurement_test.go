package codec_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

func anyTime(t *rapid.T, label string) time.Time {
	if rapid.Bool().Draw(t, label+" is zero") {
		return time.Time{}
	}
	return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns")).UTC()
}

func anyMeasurement(t *rapid.T) hone.Measurement {
	m := hone.Measurement{
		Metric: rapid.SampledFrom([]string{"loss", "val/accuracy", "日本", "\xff"}).Draw(t, "metric"),
		Value:  hone.Float(math.Float64frombits(rapid.Uint64().Draw(t, "bits"))),
		Time:   anyTime(t, "time"),
	}
	if rapid.Bool().Draw(t, "has step") {
		step := rapid.Int64().Draw(t, "step")
		m.Step = &step
	}
	return m
}

func TestChunksComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := hone.Batch{Cursor: rapid.SliceOf(rapid.Byte()).Draw(t, "cursor"), Received: anyTime(t, "received"),
			Measurements: rapid.SliceOf(rapid.Custom(anyMeasurement)).Draw(t, "measurements")}
		record := codec.EncodeChunk(b)
		got, err := codec.DecodeChunk(record)
		require.NoError(t, err)
		cursor, err := codec.DecodeCursor(record)
		require.NoError(t, err)
		require.Equal(t, string(b.Cursor), string(cursor))
		require.Equal(t, string(b.Cursor), string(got.Cursor))
		require.Equal(t, b.Received, got.Received)
		require.Len(t, got.Measurements, len(b.Measurements))
		for i, want := range b.Measurements {
			m := got.Measurements[i]
			require.Equal(t, math.Float64bits(float64(want.Value)), math.Float64bits(float64(m.Value)))
			require.Equal(t, want.Metric, m.Metric)
			require.Equal(t, want.Step, m.Step)
			require.Equal(t, want.Time, m.Time)
		}
	})
}

// sealed makes a record of a payload, right or wrong.
func sealed(payload []byte) []byte {
	record := append([]byte{'C'}, payload...)
	return binary.LittleEndian.AppendUint32(record, crc32.Checksum(record, crc32.MakeTable(crc32.Castagnoli)))
}

func TestAMalformedChunkWithAValidChecksumIsRefused(t *testing.T) {
	for name, payload := range map[string][]byte{
		"nothing":                    {},
		"a cursor beyond the end":    {9, 1},
		"billions of names":          {0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"billions of readings":       {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"a name that is not there":   append([]byte{0, 0, 0, 1, 1, 'a', 1, 4}, make([]byte, 8)...),
		"nanoseconds over a second":  {0, 0, 0x80, 0x94, 0xeb, 0xdc, 0x03, 0, 0},
		"bytes behind the end":       {0, 0, 0, 0, 0, 7},
		"a varint of eleven bytes":   bytes.Repeat([]byte{0x80}, 11),
		"a value that is cut off":    {0, 0, 0, 1, 1, 'a', 1, 0, 1, 2},
		"a reading without any name": append([]byte{0, 0, 0, 0, 1, 0}, make([]byte, 8)...),
	} {
		_, err := codec.DecodeChunk(sealed(payload))
		require.ErrorIs(t, err, hone.DataLoss, name)
	}
}

// FuzzDecodeChunk feeds payloads with a valid checksum: what is accepted must be stable.
func FuzzDecodeChunk(f *testing.F) {
	step := int64(-3)
	for _, b := range []hone.Batch{
		{},
		{Cursor: []byte("17"), Received: time.Unix(1, 2), Measurements: []hone.Measurement{{Metric: "loss", Value: 1, Step: &step}}},
		{Measurements: []hone.Measurement{{Metric: "a", Value: hone.Float(math.NaN())}, {Metric: "b", Time: time.Unix(9, 9)}, {Metric: "a", Step: &step}}},
	} {
		record := codec.EncodeChunk(b)
		f.Add(record[1 : len(record)-4])
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := codec.DecodeChunk(sealed(payload))
		n, failure := codec.CountReadings(sealed(payload))
		require.Equal(t, err == nil, failure == nil, "%v, %v", err, failure)
		require.Equal(t, len(b.Measurements), n)
		if err != nil {
			require.ErrorIs(t, err, hone.DataLoss)
			return
		}
		record := codec.EncodeChunk(b)
		again, err := codec.DecodeChunk(record)
		require.NoError(t, err)
		require.Equal(t, record, codec.EncodeChunk(again))
		require.Len(t, again.Measurements, len(b.Measurements))
	})
}

func BenchmarkEncodeChunk(b *testing.B) {
	ms, steps := make([]hone.Measurement, 100), make([]int64, 100)
	for i := range ms {
		steps[i] = int64(i)
		ms[i] = hone.Measurement{Metric: "loss", Value: hone.Float(i) / 7, Step: &steps[i], Time: time.Unix(int64(i), 5)}
	}
	batch := hone.Batch{Measurements: ms}
	b.ReportAllocs()
	for b.Loop() {
		_ = codec.EncodeChunk(batch)
	}
	b.ReportMetric(float64(len(codec.EncodeChunk(batch)))/100, "bytes/reading")
}
