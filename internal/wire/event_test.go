package wire_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEventsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wiretest.Draw[[]hone.Event](t, "events")
		var stream bytes.Buffer
		for _, ev := range want {
			require.NoError(t, wire.WriteHeartbeat(&stream))
			require.NoError(t, wire.WriteEvent(&stream, ev))
		}
		kind := rapid.SampledFrom(hone.Kinds()).Draw(t, "kind")
		require.NoError(t, wire.WriteEventError(&stream, hone.Errorf(kind, "line\nline")))
		r := wire.NewEventReader(iotest.OneByteReader(&stream))
		for _, ev := range want {
			got, err := r.Next()
			require.NoError(t, err)
			require.Empty(t, wiretest.Same(ev, got))
		}
		_, err := r.Next()
		require.ErrorIs(t, err, kind)
		require.EqualError(t, err, "line\nline")
		_, err = r.Next()
		require.ErrorIs(t, err, io.EOF)
	})
}

func TestStreamsOfOthersAreRead(t *testing.T) {
	r := wire.NewEventReader(strings.NewReader(": hello\n\nretry: 10\n\ndata:{\"sequence\":1,\ndata: \"type\":\"Note\"}\r\nid:1\r\n\r\ndata: {}\n"))
	ev, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, hone.EventNote, ev.Type)
	_, err = r.Next()
	require.ErrorIs(t, err, io.EOF, "a message without its end is none")

	_, err = wire.NewEventReader(strings.NewReader("data: oops\n\n")).Next()
	require.ErrorIs(t, err, hone.Internal)
	_, err = wire.NewEventReader(strings.NewReader("event: error\ndata: oops\n\n")).Next()
	require.ErrorContains(t, err, "oops")
	broken := errors.New("broken")
	_, err = wire.NewEventReader(iotest.ErrReader(broken)).Next()
	require.ErrorIs(t, err, broken)
	_, err = wire.NewEventReader(strings.NewReader("data: " + strings.Repeat("x", 17<<20))).Next()
	require.ErrorContains(t, err, "an event of more than 16 MiB")
}

func FuzzEventReader(f *testing.F) {
	f.Add([]byte(": heartbeat\n\nid: 1\ndata: {\"sequence\": 1, \"type\": \"Note\", \"time\": \"2026-01-01T00:00:00Z\"}\n\n"))
	f.Add([]byte("event: error\ndata: {\"error\": {\"code\": \"NotFound\", \"message\": \"m\"}}\n\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := wire.NewEventReader(bytes.NewReader(stream))
		for messages := 0; ; messages++ {
			require.LessOrEqual(t, messages, len(stream))
			if _, err := r.Next(); errors.Is(err, io.EOF) {
				return
			}
		}
	})
}
