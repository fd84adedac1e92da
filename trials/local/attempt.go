package local

import (
	"os"
	"time"

	hone "github.com/hone-tuner/hone"
)

// attempt is an attempt that runs, in the supervisor.
type attempt struct {
	id    hone.AttemptID
	place place
	grace time.Duration
	gpus  []string

	// begun is closed when it is known what became of the start: failed, past (it was started before and
	// has ended, or could not be started), or else it runs.
	begun  chan struct{}
	failed error
	past   *hone.Exit
	from   origin

	record           record
	log              appendFile // the record, open to be written on
	stdout, stderr   appendFile
	ending           ending
	pid              int
	reaped           bool      // the leader has ended, and its number may be another's
	told             bool      // SIGTERM was sent
	hard             time.Time // when SIGKILL follows, if told
	killer, deadline *time.Timer
}

// Lifetimes of what a trial leaves behind when its leader has ended.
const (
	leftoverGrace = 5 * time.Second // between SIGTERM and SIGKILL
	leftoverLimit = 5 * time.Second // after SIGKILL nobody is waited for any longer
)

func (a *attempt) mark(trialsDir string) mark {
	return mark{dir: trialsDir + "/" + a.place.trialDir(), attempt: a.place.Attempt}
}

// sizes measures what the program wrote.
func (a *attempt) sizes() (sizes [3]int64) {
	sizes[0], sizes[1] = a.stdout.size(), a.stderr.size()
	if a.record.Intent.File != "" {
		sizes[2] = fileSize(a.record.Intent.File)
	}
	return sizes
}

// sync brings everything to the disk that the attempt wrote.
func (a *attempt) sync() {
	a.stdout.sync()
	a.stderr.sync()
	a.log.sync()
	if f, err := os.Open(a.record.Intent.File); err == nil {
		_ = f.Sync() // as above
		_ = f.Close()
	}
}

func (a *attempt) close() {
	a.stdout.close()
	a.stderr.close()
	a.log.close()
}

// stopTimers ends what would still signal the program.
func (a *attempt) stopTimers() {
	for _, t := range []*time.Timer{a.killer, a.deadline} {
		if t != nil {
			t.Stop()
		}
	}
}
