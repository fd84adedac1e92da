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
	from   int64

	record           record
	log              *os.File // the record, open to be written on
	stdout, stderr   *os.File
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
	for i, f := range []*os.File{a.stdout, a.stderr} {
		if info, err := f.Stat(); err == nil {
			sizes[i] = info.Size()
		}
	}
	if file := a.record.Intent.File; file != "" {
		sizes[2] = fileSize(file)
	}
	return sizes
}

// sync brings everything to the disk that the attempt wrote.
func (a *attempt) sync() {
	for _, f := range []*os.File{a.stdout, a.stderr, a.log} {
		_ = f.Sync() // without it a power loss makes the attempt a lost one, and no more
	}
	if f, err := os.Open(a.record.Intent.File); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

func (a *attempt) close() {
	for _, f := range []*os.File{a.stdout, a.stderr, a.log} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// stopTimers ends what would still signal the program.
func (a *attempt) stopTimers() {
	for _, t := range []*time.Timer{a.killer, a.deadline} {
		if t != nil {
			t.Stop()
		}
	}
}
