package trialstest

import (
	"testing"
)

// Run runs the suite. place makes a place of its own for each test, and sees to it that the test leaves nothing
// behind; it may let the test run beside others.
func Run(t *testing.T, place func(t *testing.T) Place) {
	tests := []struct {
		name string
		test func(t *testing.T, s site)
	}{
		{"starting the same attempt twice runs it once", startTwice},
		{"starting an attempt that has ended adopts its end", startEnded},
		{"starting one attempt from many sides runs it once", startAtOnce},
		{"what an earlier runner started is adopted while it runs", adoptRunning},
		{"what ended while no runner was there has its end", adoptMissed},
		{"an end that an earlier runner told is told again", adoptEnded},
		{"what an earlier runner started can be stopped", adoptStop},
		{"waiting twice gives the same answer", waitTwice},
		{"everybody who waits is told", waitTogether},
		{"waiting for what was never started says Lost", waitUnknown},
		{"waiting ends with its context", waitCancelled},
		{"the exit status is kept", exitCodes},
		{"a signal that killed the program is named", signalled},
		{"a program that is not there is an exit and no error", missingProgram},
		{"every argument reaches the program unchanged", arguments},
		{"what cannot reach the program unchanged is refused", unspeakable},
		{"the environment is the submitter's with what the trial sets over it", environment},
		{"the program runs in its workdir and has a folder of its own", folders},
		{"all that was written just before the end is there", outputComplete},
		{"an output is followed to its end", outputFollowed},
		{"a program that ends when it is asked keeps its status", stopHeard},
		{"a program that does what SIGTERM says was killed by it", stopObeyed},
		{"a program that ignores SIGTERM is killed", stopIgnored},
		{"stopping what has ended does nothing", stopEnded},
		{"a program that runs too long is ended", timeout},
		{"children are ended with the program", childrenStopped},
		{"children do not outlive a program that has ended", childrenLeft},
		{"a new attempt has output of its own", secondAttempt},
		{"a second attempt must wait for the end of the first", secondTooEarly},
		{"also where a runner does not know of the first", secondUnknowing},
		{"a trial keeps its folder over its attempts", folderKept},
		{"a metrics file is followed from its size at the start", metricsFile},
		{"a program that runs waits for nothing", describe},
		{"many trials run at once and each once", concurrency},
		{"nothing is left of an experiment that is forgotten", forget},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := place(t)
			tt.test(t, site{p, p.Open()})
		})
	}
}
