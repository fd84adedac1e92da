package events_test

import (
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/hone-tuner/hone/examples/digits/events"
)

// TestAFileIsReadAsTheFormatSays takes the file apart with a reader of protobuf that is not ours.
func TestAFileIsReadAsTheFormatSays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	at := time.UnixMilli(1700000000500)
	w, err := events.Create(dir, func() time.Time { return at })
	require.NoError(t, err)
	require.NoError(t, w.Add(300, events.Scalar{Tag: "accuracy", Value: 0.5}, events.Scalar{Tag: "loss", Value: -2}))
	require.NoError(t, w.Close())
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.1700000000.*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)

	var got []string
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		require.Equal(t, masked(data[:8]), binary.LittleEndian.Uint32(data[8:]))
		content := data[12 : 12+n]
		require.Equal(t, masked(content), binary.LittleEndian.Uint32(data[12+n:]))
		got = append(got, describe(t, content)...)
		data = data[16+n:]
	}
	require.Equal(t, []string{"1 fixed64", "2 varint 0", "3 brain.Event:2", "1 fixed64", "2 varint 300",
		"5 {", "1 {", "1 accuracy", "2 fixed32 1056964608", "}", "1 {", "1 loss", "2 fixed32 3221225472", "}", "}"}, got)
}

func masked(data []byte) uint32 {
	c := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return ((c >> 15) | (c << 17)) + 0xa282ead8
}

func describe(t *testing.T, b []byte) (out []string) {
	t.Helper()
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		require.Positive(t, n)
		b = b[n:]
		name := string(rune('0' + number))
		switch kind {
		case protowire.Fixed64Type:
			v, n := protowire.ConsumeFixed64(b)
			require.NotZero(t, v)
			out, b = append(out, name+" fixed64"), b[n:]
		case protowire.Fixed32Type:
			v, n := protowire.ConsumeFixed32(b)
			out, b = append(out, name+" fixed32 "+strconv.FormatUint(uint64(v), 10)), b[n:]
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(b)
			out, b = append(out, name+" varint "+strconv.FormatUint(v, 10)), b[n:]
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(b)
			require.Positive(t, n)
			b = b[n:]
			if v[0] == 1<<3|2 { // a message whose first field is a text or a message
				out = append(append(append(out, name+" {"), describe(t, v)...), "}")
			} else {
				out = append(out, name+" "+string(v))
			}
		default:
			t.Fatal("a kind of field that nobody wrote")
		}
	}
	return out
}
