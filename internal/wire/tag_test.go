package wire_test

import (
	"testing"

	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTagsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		uid, events := rapid.String().Draw(t, "uid"), rapid.Int64Min(0).Draw(t, "events")
		if uid == "" {
			events = max(events, 1)
		}
		tag := wire.Tag(uid, events)
		require.Regexp(t, `^"[!#-~]+"$`, tag)
		gotUID, gotEvents, ok := wire.ParseTag(tag)
		require.True(t, ok)
		require.Equal(t, uid, gotUID)
		require.Equal(t, events, gotEvents)
	})
	for _, odd := range []string{"", `"`, `""`, "17", `"x"`, `W/"17"`, `"0"`, `"-3"`, `"17-%zz"`, `"17`} {
		_, _, ok := wire.ParseTag(odd)
		require.False(t, ok, odd)
	}
}
