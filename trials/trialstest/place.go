package trialstest

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
)

// Place is where a runner runs trials, as far as the suite has to know it. What is true of every runner is in the
// tests; here is what a place does in a way of its own, and why it may.
type Place struct {
	// Open opens a runner. Each call opens another one of the same place, as a program does that is started again; the
	// one before is closed by then, if it is an io.Closer. What was opened ends with the test.
	Open func() hone.Runner
	// Prepare changes a launch so that it runs here: the test binary, which its command names, may be elsewhere, and
	// an experiment may need an image or a name of its own. The experiment's UID stays. nil changes nothing.
	Prepare func(l *hone.Launch)
	// Alive reports whether a process of an attempt lives, by the number that it knows itself by. nil means that
	// this is the number of a process of this machine.
	Alive func(l hone.Launch, pid int) bool
	// Left lists what there is here of an experiment, running or not.
	Left func(uid string) []string

	// Slow says that a start takes seconds: properties are then tried with few starts and much in each.
	Slow bool
	// OneLog says that standard output and error are kept as one stream. A cluster has one log for a container.
	OneLog bool
	// TextOnly says that only valid UTF-8 reaches a program: what a cluster is told is JSON. Everything else must be
	// refused, and never be changed.
	TextOnly bool
	// OwnEnvironment says that the environment of whoever submitted an experiment does not reach its trials, nor
	// does its folder: they run in an image, perhaps on the other side of the world.
	OwnEnvironment bool
	// OwnFolder says that the folder of a trial lives and ends with the attempt, in the container, and that nothing of
	// it can be followed from outside: readings come by other ways, and checkpoints belong on a volume.
	OwnFolder bool
}

// site is a place with a runner that is open.
type site struct {
	Place
	hone.Runner
}

// again closes the runner and opens the place anew.
func (s site) again(t *testing.T) site {
	t.Helper()
	if c, ok := s.Runner.(io.Closer); ok {
		require.NoError(t, c.Close())
	}
	return site{s.Place, s.Open()}
}

// launch makes what starts an attempt here.
func (s site) launch(e hone.Experiment, number, attempt int) hone.Launch {
	l := Launch(e, number, attempt)
	if s.Prepare != nil {
		s.Prepare(&l)
	}
	return l
}

// start starts an attempt.
func (s site) start(t *testing.T, l hone.Launch) hone.Emission {
	t.Helper()
	emission, err := s.Start(t.Context(), l)
	require.NoError(t, err)
	return emission
}

// begin starts an attempt and waits until its program has said something.
func (s site) begin(t *testing.T, l hone.Launch, says string) string {
	t.Helper()
	s.start(t, l)
	return s.untilPrinted(t, l, says)
}

// finish waits for the end of an attempt.
func (s site) finish(t *testing.T, l hone.Launch) hone.Exit {
	t.Helper()
	return Finish(t, s.Runner, l.ID())
}

// run starts an attempt, waits for its end and returns it with what the program wrote to its output.
func (s site) run(t *testing.T, l hone.Launch) (hone.Exit, string) {
	t.Helper()
	s.start(t, l)
	exit := s.finish(t, l)
	return exit, s.output(t, l)
}

// runAll runs the first trials of many experiments at the same time.
func (s site) runAll(t *testing.T, launches []hone.Launch) (exits []hone.Exit, outs []string) {
	t.Helper()
	for _, l := range launches {
		s.start(t, l)
	}
	for _, l := range launches {
		exits = append(exits, s.finish(t, l))
		outs = append(outs, s.output(t, l))
	}
	return exits, outs
}

// output is what the program of an attempt has written to its standard output.
func (s site) output(t *testing.T, l hone.Launch) string {
	t.Helper()
	out, err := s.stream(t, l, "stdout")
	require.NoError(t, err)
	return out
}

// stream reads what a program has written so far to one of its streams, or to both with "".
func (s site) stream(t *testing.T, l hone.Launch, name string) (string, error) {
	t.Helper()
	logs, ok := s.Runner.(hone.LogOpener)
	require.True(t, ok, "a runner that is tested shows what programs write")
	log, err := logs.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: l.Trial.Attempt, Stream: name})
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(log)
	require.NoError(t, log.Close())
	return string(data), err
}

// untilPrinted waits until the program of an attempt has written something and returns all that it wrote.
func (s site) untilPrinted(t *testing.T, l hone.Launch, text string) (out string) {
	t.Helper()
	s.until(t, "the program has written "+text, func() bool {
		out, _ = s.stream(t, l, "stdout")
		return contains(out, text)
	})
	return out
}

// alive reports whether a process of an attempt lives.
func (s site) alive(l hone.Launch, pid int) bool {
	if s.Alive != nil {
		return s.Alive(l, pid)
	}
	return Alive(pid)
}
