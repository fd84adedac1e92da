package trialstest

import (
	"testing"

	hone "github.com/hone-tuner/hone"
)

// Run runs the suite. open makes a runner of its own for each test, in a place of its own, and sees to it
// that the test leaves nothing behind.
func Run(t *testing.T, open func(t *testing.T) hone.Runner) {
	tests := []struct {
		name string
		test func(t *testing.T, r hone.Runner)
	}{
		{"starting the same attempt twice runs it once", startTwice},
		{"starting an attempt that has ended adopts its end", startEnded},
		{"starting one attempt from many sides runs it once", startAtOnce},
		{"waiting twice gives the same answer", waitTwice},
		{"everybody who waits is told", waitTogether},
		{"waiting for what was never started says Lost", waitUnknown},
		{"waiting ends with its context", waitCancelled},
		{"the exit status is kept", exitCodes},
		{"a signal that killed the program is named", signalled},
		{"a program that is not there is an exit and no error", missingProgram},
		{"every argument reaches the program unchanged", arguments},
		{"the environment is the submitter's with what the trial sets over it", environment},
		{"the program runs in its workdir and has a folder of its own", folders},
		{"all that was written just before the end is there", outputComplete},
		{"a program that ends when it is asked keeps its status", stopHeard},
		{"a program that ignores SIGTERM is killed", stopIgnored},
		{"stopping what has ended does nothing", stopEnded},
		{"a program that runs too long is ended", timeout},
		{"children are ended with the program", childrenStopped},
		{"children do not outlive a program that has ended", childrenLeft},
		{"a new attempt has the same folder and output of its own", secondAttempt},
		{"a second attempt must wait for the end of the first", secondTooEarly},
		{"a metrics file is followed from its size at the start", metricsFile},
		{"many trials run at once and each once", concurrency},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}
