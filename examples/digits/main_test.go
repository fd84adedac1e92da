package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(args, &out, io.Discard, os.Getenv))
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
	}), io.Discard, os.Getenv)
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
			require.ErrorContains(t, run([]string{flags}, io.Discard, io.Discard, os.Getenv), message)
		})
	}
	require.ErrorIs(t, run([]string{"--help"}, io.Discard, io.Discard, os.Getenv), flag.ErrHelp)
}

// freePort is a port that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	require.NoError(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it is TCP
}

// TestATeamLearnsWhatOneWould: without dropout, three processes come to the numbers that one comes to, and the first
// of them alone prints.
func TestATeamLearnsWhatOneWould(t *testing.T) {
	args := []string{"--epochs=3", "--width=16", "--batch=50"}
	port := freePort(t)
	var outputs [3]bytes.Buffer
	var wg sync.WaitGroup
	for rank := range outputs {
		env := map[string]string{"WORLD_SIZE": "3", "RANK": strconv.Itoa(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
		wg.Go(func() {
			if err := run(args, &outputs[rank], io.Discard, func(name string) string { return env[name] }); err != nil {
				t.Errorf("rank %d: %v", rank, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, output(t, args...), outputs[0].String())
	require.Empty(t, outputs[1].String()+outputs[2].String())
}

func TestEpochsAsAnEventFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs")
	require.Empty(t, output(t, "--epochs=2", "--width=4", "--tensorboard="+dir))
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
}
