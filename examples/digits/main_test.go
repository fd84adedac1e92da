package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out, io.Discard))
	return out.String()
}

func TestEveryEpochIsALine(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(output(t, "--epochs=3", "--width=8")), "\n")
	require.Len(t, lines, 3)
	for i, line := range lines {
		require.Regexp(t, `^epoch=\d loss=\d+\.\d{4} accuracy=[01]\.\d{4} val_loss=\d+\.\d{4}$`, line)
		require.Contains(t, line, "epoch="+string(rune('1'+i)))
	}
}

func TestTheSeedDecidesEverything(t *testing.T) {
	args := []string{"--epochs=2", "--width=16", "--dropout=0.2", "--optimizer=sgd", "--lr=0.05", "--momentum=0.9"}
	one := output(t, append(args, "--seed=1")...)
	require.Equal(t, one, output(t, append(args, "--seed=1")...))
	require.NotEqual(t, one, output(t, append(args, "--seed=2")...))
}

func TestAnEpochIsPrintedBeforeTheNextBegins(t *testing.T) {
	full := errors.New("the reader has gone")
	writes := 0
	err := run([]string{"--epochs=5", "--width=4"}, writer(func([]byte) error {
		writes++
		return full
	}), io.Discard)
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, writes)
}

type writer func([]byte) error

func (w writer) Write(p []byte) (int, error) { return len(p), w(p) }

func TestTestAccuracyIsPrintedOnlyOnRequest(t *testing.T) {
	require.NotContains(t, output(t, "--epochs=1", "--width=4"), "test_accuracy")
	require.Regexp(t, `\ntest_accuracy=0\.\d{4}\n$`, output(t, "--epochs=1", "--width=4", "--test"))
}

func TestWrongFlagsSayWhatIsAllowed(t *testing.T) {
	for flags, message := range map[string]string{
		"--lr=0":             "--lr must be greater than 0",
		"--lr=NaN":           "--lr must be greater than 0",
		"--momentum=1":       "--momentum must be at least 0 and less than 1",
		"--dropout=1":        "--dropout must be at least 0 and less than 1",
		"--weight-decay=-1":  "--weight-decay must not be negative",
		"--layers=0":         "must be at least 1",
		"--optimizer=newton": "--optimizer must be sgd or adam",
		"train":              `no arguments besides flags, but got "train"`,
	} {
		t.Run(flags, func(t *testing.T) {
			require.ErrorContains(t, run([]string{flags}, io.Discard, io.Discard), message)
		})
	}
	require.ErrorIs(t, run([]string{"--help"}, io.Discard, io.Discard), flag.ErrHelp)
}
