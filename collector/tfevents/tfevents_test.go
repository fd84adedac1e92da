package tfevents_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/collector/tfevents"
)

// message builds a protobuf message.
type message []byte

func (m message) bytes(n protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, n, protowire.BytesType), b)
}

func (m message) varint(n protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, n, protowire.VarintType), v)
}

func (m message) fixed32(n protowire.Number, v uint32) message {
	return protowire.AppendFixed32(protowire.AppendTag(m, n, protowire.Fixed32Type), v)
}

func (m message) fixed64(n protowire.Number, v uint64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, n, protowire.Fixed64Type), v)
}

// event is an event at step 7 with one value.
func event(value message) []byte {
	return message{}.fixed64(1, math.Float64bits(1.7e9+0.25)).varint(2, 7).bytes(5, message{}.bytes(1, value))
}

func tagged() message { return message{}.bytes(1, []byte("loss")) }

func TestScalarsOfAllKinds(t *testing.T) {
	scalar := message{}.varint(1, 1).bytes(2, nil)
	minus3 := int64(-3)
	for name, c := range map[string]struct {
		tensor message
		want   float64
	}{
		"floats":            {scalar.fixed32(5, math.Float32bits(0.5)), 0.5},
		"packed floats":     {scalar.bytes(5, protowire.AppendFixed32(nil, math.Float32bits(0.5))), 0.5},
		"float as bytes":    {scalar.bytes(4, protowire.AppendFixed32(nil, math.Float32bits(0.5))), 0.5},
		"double":            {message{}.varint(1, 2).fixed64(6, math.Float64bits(0.1)), 0.1},
		"double as bytes":   {message{}.varint(1, 2).bytes(4, protowire.AppendFixed64(nil, math.Float64bits(0.1))), 0.1},
		"int32":             {message{}.varint(1, 3).varint(7, uint64(minus3)), -3},
		"packed int32":      {message{}.varint(1, 3).bytes(7, protowire.AppendVarint(nil, uint64(minus3))), -3},
		"int64":             {message{}.varint(1, 9).varint(10, uint64(minus3)), -3},
		"int64 as bytes":    {message{}.varint(1, 9).bytes(4, protowire.AppendFixed64(nil, uint64(minus3))), -3},
		"int8 as bytes":     {message{}.varint(1, 6).bytes(4, []byte{0xfd}), -3},
		"bool":              {message{}.varint(1, 10).varint(11, 1), 1},
		"half":              {message{}.varint(1, 19).varint(13, 0x3800), 0.5},
		"negative half":     {message{}.varint(1, 19).bytes(4, []byte{0x00, 0xc0}), -2},
		"smallest half":     {message{}.varint(1, 19).varint(13, 1), math.Ldexp(1, -24)},
		"largest half":      {message{}.varint(1, 19).varint(13, 0x7bff), 65504},
		"infinite half":     {message{}.varint(1, 19).varint(13, 0xfc00), math.Inf(-1)},
		"bfloat16":          {message{}.varint(1, 14).varint(13, 0x3f00), 0.5},
		"uint64":            {message{}.varint(1, 23).varint(17, 1<<40), 1 << 40},
		"a shape of ones":   {scalar.bytes(2, message{}.bytes(2, message{}.varint(1, 1))).fixed32(5, math.Float32bits(2)), 2},
		"what is not known": {scalar.bytes(15, []byte("x")).fixed32(5, math.Float32bits(2)), 2},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := tfevents.Scalars(event(tagged().bytes(8, c.tensor)), nil)
			require.NoError(t, err)
			require.Equal(t, []tfevents.Scalar{{Tag: "loss", Value: c.want}}, e.Scalars)
			require.Equal(t, int64(7), e.Step)
			require.Equal(t, "2023-11-14T22:13:20.25Z", e.Time.Format("2006-01-02T15:04:05.999999999Z07:00"))
		})
	}
}

func TestWhatIsNoScalarIsPassedOver(t *testing.T) {
	for name, value := range map[string]message{
		"an image":         tagged().bytes(4, []byte("png")),
		"two elements":     tagged().bytes(8, message{}.varint(1, 1).bytes(5, make([]byte, 8))),
		"two as bytes":     tagged().bytes(8, message{}.varint(1, 1).bytes(4, make([]byte, 8))),
		"none":             tagged().bytes(8, message{}.varint(1, 1)),
		"a text":           tagged().bytes(8, message{}.varint(1, 7).bytes(8, []byte("hello"))),
		"a vector":         tagged().bytes(8, message{}.varint(1, 1).bytes(2, message{}.bytes(2, message{}.varint(1, 2))).fixed32(5, 0)),
		"another plugin's": tagged().bytes(9, message{}.bytes(1, message{}.bytes(1, []byte("hparams")))).fixed32(2, 0),
	} {
		e, err := tfevents.Scalars(event(value), nil)
		require.NoError(t, err, name)
		require.Empty(t, e.Scalars, name)
	}
}

func TestRecordsAreCutAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		record := tfevents.Append(nil, data)
		n, err := tfevents.Header(record)
		require.NoError(t, err)
		require.Len(t, data, int(n))
		got, err := tfevents.Payload(record[tfevents.HeaderSize:])
		require.NoError(t, err)
		require.Equal(t, string(data), string(got))

		at := rapid.IntRange(0, len(record)-1).Draw(t, "at")
		record[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err = tfevents.Header(record); err == nil {
			_, err = tfevents.Payload(record[tfevents.HeaderSize:])
		}
		require.ErrorIs(t, err, tfevents.ErrDamaged, "no flipped bit goes unnoticed")
	})
}

func FuzzScalars(f *testing.F) {
	f.Add(event(tagged().fixed32(2, 1)))
	f.Add(event(tagged().bytes(8, message{}.varint(1, 1).bytes(2, nil).fixed32(5, 1))))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := tfevents.Scalars(data, nil)
		none, again := tfevents.Scalars(data, func([]byte) bool { return false })
		require.Equal(t, err, again)
		require.Empty(t, none.Scalars)
		require.LessOrEqual(t, len(all.Scalars), len(data)/2)
	})
}
