package codec

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/hone-tuner/hone"
)

// The payload of a chunk, version 1. Integers are varints; signed ones are zigzag.
//
//	cursor     length, bytes
//	received   seconds (signed, since 1970), nanoseconds
//	names      count, then for each: length, bytes
//	readings   count, then for each:
//	  head     number of the name × 4 + flags
//	  step     if flag 1: signed distance from the step before (0 at first)
//	  time     if flag 2: signed seconds from the time before (received at first), nanoseconds;
//	           without the flag, the time before
//	  value    eight bytes, little endian: the bits of the float
const (
	hasStep = 1
	hasTime = 2
	flags   = 4
)

// EncodeChunk writes a batch: its cursor, its time and its readings. The rest of a batch is the key that it
// is stored under.
func EncodeChunk(b hone.Batch) []byte {
	out := begin(chunkV1, 64+len(b.Cursor)+16*len(b.Measurements))
	out = binary.AppendUvarint(out, uint64(len(b.Cursor)))
	out = append(out, b.Cursor...)
	out = appendTime(out, b.Received, 0)
	numbers, names := nameNumbers(b.Measurements)
	out = binary.AppendUvarint(out, uint64(len(names)))
	for _, name := range names {
		out = binary.AppendUvarint(out, uint64(len(name)))
		out = append(out, name...)
	}
	out = binary.AppendUvarint(out, uint64(len(b.Measurements)))
	step, at := int64(0), b.Received
	for i, m := range b.Measurements {
		head := uint64(numbers[i]) * flags
		if m.Step != nil {
			head |= hasStep
		}
		if !m.Time.Equal(at) {
			head |= hasTime
		}
		out = binary.AppendUvarint(out, head)
		if m.Step != nil {
			out = binary.AppendVarint(out, *m.Step-step) // wraps around, and so does reading it
			step = *m.Step
		}
		if !m.Time.Equal(at) {
			out = appendTime(out, m.Time, at.Unix())
			at = m.Time
		}
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(float64(m.Value)))
	}
	return seal(out)
}

// nameNumbers numbers the names of metrics in the order of their first reading.
func nameNumbers(ms []hone.Measurement) (numbers []int, names []string) {
	numbers = make([]int, len(ms))
	known := map[string]int{}
	for i, m := range ms {
		if len(names) > 0 && m.Metric == names[numbers[max(i-1, 0)]] {
			numbers[i] = numbers[max(i-1, 0)]
			continue
		}
		n, ok := known[m.Metric]
		if !ok {
			n = len(names)
			known[m.Metric] = n
			names = append(names, m.Metric)
		}
		numbers[i] = n
	}
	return numbers, names
}

func appendTime(out []byte, t time.Time, base int64) []byte {
	out = binary.AppendVarint(out, t.Unix()-base)
	return binary.AppendUvarint(out, uint64(t.Nanosecond()))
}

// DecodeChunk reads what EncodeChunk wrote. Nothing of the result shares memory with the record. Times are
// in UTC.
func DecodeChunk(record []byte) (hone.Batch, error) {
	data, err := unseal(chunkV1, record)
	if err != nil {
		return hone.Batch{}, hone.Errorf(hone.DataLoss, "a chunk of measurements cannot be read: %w", err)
	}
	r := reader{rest: data}
	b := hone.Batch{Cursor: r.bytes()}
	b.Received = r.time(0)
	names := make([]string, r.count(1))
	for i := range names {
		names[i] = string(r.bytes())
	}
	b.Measurements = r.readings(names, b.Received)
	if r.failed || len(r.rest) > 0 {
		return hone.Batch{}, hone.Errorf(hone.DataLoss, "a chunk of measurements of %d bytes is malformed", len(record))
	}
	return b, nil
}

// CountReadings checks a chunk as DecodeChunk does and says how many readings it holds, without making them.
func CountReadings(record []byte) (int, error) {
	data, err := unseal(chunkV1, record)
	if err != nil {
		return 0, hone.Errorf(hone.DataLoss, "a chunk of measurements cannot be read: %w", err)
	}
	r := reader{rest: data}
	r.take(r.count(1))
	r.time(0)
	names := r.count(1)
	for range names {
		r.take(r.count(1))
	}
	n := r.skipReadings(uint64(names))
	if r.failed || len(r.rest) > 0 {
		return 0, hone.Errorf(hone.DataLoss, "a chunk of measurements of %d bytes is malformed", len(record))
	}
	return n, nil
}

// DecodeCursor reads only the cursor of a chunk.
func DecodeCursor(record []byte) ([]byte, error) {
	data, err := unseal(chunkV1, record)
	if err != nil {
		return nil, hone.Errorf(hone.DataLoss, "the cursor of a chunk of measurements cannot be read: %w", err)
	}
	r := reader{rest: data}
	cursor := r.bytes()
	if r.failed {
		return nil, hone.Errorf(hone.DataLoss, "the cursor of a chunk of measurements is malformed")
	}
	return cursor, nil
}
