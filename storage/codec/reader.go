package codec

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"github.com/hone-tuner/hone"
)

// reader takes values from the front of a payload. After the first that is not there, it has failed and
// gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) fail() {
	r.rest, r.failed = nil, true
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// take returns the next n bytes, which share the payload's memory.
func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.fail()
		return make([]byte, min(n, 8))
	}
	data := r.rest[:n]
	r.rest = r.rest[n:]
	return data
}

// bytes returns a copy of the next counted bytes; nil when there are none.
func (r *reader) bytes() []byte {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	return bytes.Clone(r.take(n))
}

// count reads how many things follow, each of at least size bytes. What the payload has no room for is
// refused before memory is taken for it.
func (r *reader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) time(base int64) time.Time {
	seconds, nanos := base+r.varint(), r.uvarint()
	if nanos >= uint64(time.Second) {
		r.fail()
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos)).UTC()
}

func (r *reader) readings(names []string, at time.Time) []hone.Measurement {
	n := r.count(9) // a head and a value at least
	ms, steps := make([]hone.Measurement, n), make([]int64, n)
	step := int64(0)
	for i := range ms {
		head := r.uvarint()
		if head/flags >= uint64(len(names)) {
			r.fail()
			return nil
		}
		m := &ms[i]
		m.Metric = names[head/flags]
		if head&hasStep != 0 {
			step += r.varint()
			steps[i] = step
			m.Step = &steps[i]
		}
		if head&hasTime != 0 {
			at = r.time(at.Unix())
		}
		m.Time = at
		m.Value = hone.Float(math.Float64frombits(binary.LittleEndian.Uint64(r.take(8))))
	}
	return ms
}

// skipReadings passes over readings and says how many there were.
func (r *reader) skipReadings(names uint64) int {
	n := r.count(9)
	for range n {
		head := r.uvarint()
		if r.failed || head/flags >= names {
			r.fail()
			return 0
		}
		if head&hasStep != 0 {
			r.varint()
		}
		if head&hasTime != 0 {
			r.time(0)
		}
		r.take(8)
	}
	return n
}
