package tfevents

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Event is what one record says about scalars.
type Event struct {
	// Time is when it was written; zero where the record does not say it.
	Time    time.Time
	Step    int64
	Scalars []Scalar
}

// Scalar is one number under a tag.
type Scalar struct {
	Tag   string
	Value float64
}

// Fields of the messages that are read, by the names that they have in TensorFlow's event.proto, summary.proto
// and tensor.proto.
const (
	eventWallTime = 1
	eventStep     = 2
	eventSummary  = 5

	summaryValue = 1

	valueTag      = 1
	valueSimple   = 2
	valueTensor   = 8
	valueMetadata = 9

	metadataPlugin = 1
	pluginName     = 1
)

// Scalars reads the data of a record. What is no scalar is passed over. wanted says which tags are of interest; nil
// stands for all.
func Scalars(data []byte, wanted func(tag []byte) bool) (e Event, err error) {
	err = fields(data, func(f field) error {
		switch {
		case f.number == eventWallTime && f.kind == protowire.Fixed64Type:
			e.Time = wallTime(math.Float64frombits(f.bits))
		case f.number == eventStep && f.kind == protowire.VarintType:
			e.Step = int64(f.bits) // two's complement, as it was written
		case f.number == eventSummary && f.kind == protowire.BytesType:
			return fields(f.bytes, func(f field) error {
				if f.number != summaryValue || f.kind != protowire.BytesType {
					return nil
				}
				return e.value(f.bytes, wanted)
			})
		}
		return nil
	})
	return e, err
}

// wallTime is a time in seconds since 1970.
func wallTime(seconds float64) time.Time {
	const latest = 253402300800 // the year 10000
	if !(seconds > 0 && seconds < latest) {
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}

// value reads one value of a summary.
func (e *Event) value(data []byte, wanted func(tag []byte) bool) error {
	var tag, plugin []byte
	var number float64
	found := false
	err := fields(data, func(f field) (err error) {
		switch {
		case f.number == valueTag && f.kind == protowire.BytesType:
			tag = f.bytes
		case f.number == valueSimple && f.kind == protowire.Fixed32Type:
			number, found = float64(math.Float32frombits(uint32(f.bits))), true // it has 32 bits
		case f.number == valueTensor && f.kind == protowire.BytesType:
			number, found, err = tensor(f.bytes)
		case f.number == valueMetadata && f.kind == protowire.BytesType:
			plugin, err = pluginOf(f.bytes)
		}
		return err
	})
	if err != nil || !found || len(plugin) > 0 && string(plugin) != "scalars" {
		return err
	}
	if wanted == nil || wanted(tag) {
		e.Scalars = append(e.Scalars, Scalar{Tag: string(tag), Value: number})
	}
	return nil
}

// pluginOf reads which part of TensorBoard a value is for.
func pluginOf(metadata []byte) (name []byte, err error) {
	err = fields(metadata, func(f field) error {
		if f.number != metadataPlugin || f.kind != protowire.BytesType {
			return nil
		}
		return fields(f.bytes, func(f field) error {
			if f.number == pluginName && f.kind == protowire.BytesType {
				name = f.bytes
			}
			return nil
		})
	})
	return name, err
}

// field is one field of a message.
type field struct {
	number protowire.Number
	kind   protowire.Type
	bits   uint64 // of a number
	bytes  []byte
}

// fields calls f for the fields of a message, in their order.
func fields(data []byte, f func(field) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return ErrDamaged
		}
		data = data[n:]
		one := field{number: number, kind: kind}
		switch kind {
		case protowire.VarintType:
			one.bits, n = protowire.ConsumeVarint(data)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(data)
			one.bits = uint64(bits)
		case protowire.Fixed64Type:
			one.bits, n = protowire.ConsumeFixed64(data)
		case protowire.BytesType:
			one.bytes, n = protowire.ConsumeBytes(data)
		default:
			n = protowire.ConsumeFieldValue(number, kind, data)
		}
		if n < 0 {
			return ErrDamaged
		}
		data = data[n:]
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}
