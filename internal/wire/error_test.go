package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// travel sends an error through its body.
func travel(t require.TestingT, err error) error {
	body, failure := json.Marshal(wire.ErrorBodyOf(err))
	require.NoError(t, failure)
	return wire.ErrorOf(wire.StatusOf(wire.KindOf(err)), body)
}

func TestErrorsKeepKindAndText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(hone.Kinds()).Draw(t, "kind")
		err := fmt.Errorf("while %s: %w", rapid.String().Draw(t, "what"), hone.Errorf(kind, "%s", rapid.String().Draw(t, "why")))
		back := travel(t, err)
		require.ErrorIs(t, back, kind)
		require.Equal(t, kind, hone.KindOf(back))
		require.EqualError(t, back, err.Error())
		for _, other := range hone.Kinds() {
			require.Equal(t, other == kind, errors.Is(back, other), "%s", other)
		}
	})
}

func TestFieldErrorsComeBack(t *testing.T) {
	fields := hone.FieldErrors{{Path: "spec.budget", Line: 3, Message: "bad"}, {Message: "worse\nby far"}}
	require.Equal(t, error(fields), travel(t, fields))

	wrapped := hone.Errorf(hone.Conflict, "experiment %q: %w", "digits", fields)
	back := travel(t, wrapped)
	require.EqualError(t, back, wrapped.Error())
	require.Equal(t, hone.Conflict, hone.KindOf(back))
	require.ErrorIs(t, back, hone.Conflict)
	var got hone.FieldErrors
	require.ErrorAs(t, back, &got)
	require.Equal(t, fields, got)
}

func TestSequenceErrorsComeBack(t *testing.T) {
	err := &hone.SequenceError{Expected: 1 << 60, Got: 1<<60 + 7}
	require.Equal(t, error(err), travel(t, err))

	back := travel(t, fmt.Errorf("trial 3: %w", err))
	var got *hone.SequenceError
	require.ErrorAs(t, back, &got)
	require.Equal(t, err, got)
	require.ErrorIs(t, back, hone.Conflict)

	body, failure := json.Marshal(wire.ErrorBodyOf(err))
	require.NoError(t, failure)
	require.JSONEq(t, `{"error": {"code": "Conflict", "expected": 1152921504606846976, "got": 1152921504606846983,
		"message": "sequence 1152921504606846983 came before sequence 1152921504606846976: send the missing batches first"}}`, string(body))
}

func TestAnswersOfOthersBecomeErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   hone.Kind
		says   string
	}{
		"a proxy's page":              {502, "<h1>Bad\n", hone.Unavailable, "the server answered 502 Bad Gateway: <h1>Bad"},
		"nothing":                     {404, "", hone.NotFound, "the server answered 404 Not Found"},
		"JSON of another program":     {400, `{"error": "no"}`, hone.InvalidArgument, `the server answered 400 Bad Request: {"error": "no"}`},
		"a code of a newer version":   {409, `{"error": {"code": "Superseded", "message": "gone"}}`, hone.Conflict, "gone"},
		"a long text is cut":          {500, strings.Repeat("é", 200), hone.Internal, "the server answered 500 Internal Server Error: " + strings.Repeat("é", 100) + "…"},
		"a long text is cut in runes": {500, "x" + strings.Repeat("é", 200), hone.Internal, "the server answered 500 Internal Server Error: x" + strings.Repeat("é", 99) + "…"},
	} {
		t.Run(name, func(t *testing.T) {
			err := wire.ErrorOf(c.status, []byte(c.body))
			require.EqualError(t, err, c.says)
			require.ErrorIs(t, err, c.kind)
		})
	}
}

func FuzzErrorOf(f *testing.F) {
	f.Add(409, []byte(`{"error":{"code":"Conflict","message":"m","expected":1,"fields":[{"path":"p","message":"m"}]}}`))
	f.Add(500, []byte("\xff"+strings.Repeat("é", 150)))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := wire.ErrorOf(status, body)
		require.Error(t, err)
		require.Contains(t, hone.Kinds(), hone.KindOf(err))
		_ = err.Error()
	})
}
