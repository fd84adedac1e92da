package hone

import (
	"context"
	"io"
	"time"
)

// Launch is what a runner needs to start one attempt of a trial.
type Launch struct {
	Experiment Experiment
	Trial      Trial // with the attempt to start
	// Environment is the environment of whoever submitted the experiment, as NAME=value; what the
	// experiment file sets goes over it.
	Environment []string
	// URL and Token are for pushing measurements: HONE_URL and HONE_TOKEN.
	URL, Token string
}

// ID identifies the attempt.
func (l Launch) ID() AttemptID {
	return AttemptID{UID: l.Experiment.UID, Number: l.Trial.Number, Attempt: l.Trial.Attempt}
}

// Emission says where a started attempt leaves what it writes. Paths are absolute; an empty one means
// that there is nothing to follow there.
type Emission struct {
	Dir            string // HONE_TRIAL_DIR
	Stdout, Stderr string
	// File is the metrics file, and From the size that it had when the attempt began: what an earlier one
	// left. FromInode, FromSum and FromTime tell that file from one that is written anew: its inode, the
	// CRC-32 (IEEE) of its last 32 bytes before From, and when it was last written to. FromInode is 0 where
	// that is not known. For source tensorboard, File is the folder of the event files where an earlier attempt may have
	// left some, and FromTime when the attempt began.
	File      string
	From      int64
	FromInode uint64
	FromSum   uint32
	FromTime  time.Time
	// Late says that nothing is written at these paths before the attempt has ended: there is nothing to follow
	// until then.
	Late bool
}

// Exit is how an attempt ended.
type Exit struct {
	// Reason is empty when the program ended by itself with status 0, else why it did not: NonZeroExit,
	// StartFailed, TimedOut, OutOfMemory, Killed, Lost, Preempted; in a cluster also Evicted, NodeLost,
	// ImageUnavailable, Unschedulable, Refused.
	Reason Reason `json:"reason,omitempty"`
	// Message says it for people: "exit status 3", "killed by signal 9 (killed)".
	Message string    `json:"message,omitempty"`
	Code    int       `json:"code"` // exit status; -1 when there is none
	Start   time.Time `json:"start,omitzero"`
	End     time.Time `json:"end,omitzero"`
	// Requested reports whether the end followed a Stop.
	Requested bool `json:"requested,omitempty"`
}

// Runner starts attempts of trials somewhere and watches them. It is safe for concurrent use, and what it
// started outlives it: after a restart of the program, Start adopts.
type Runner interface {
	// Start starts an attempt and returns at once. It is idempotent by the attempt's ID: one that was
	// started before, whether it still runs or not, is adopted. A program that cannot be started
	// is no error but an Exit with reason StartFailed. An error of kind ResourceExhausted, PermissionDenied,
	// InvalidArgument or Unimplemented means that nothing was started; after any other one it is unknown.
	Start(ctx context.Context, l Launch) (Emission, error)
	// Wait blocks until the attempt has ended and everything that it wrote can be read. It may be called
	// again and gives the same answer until the attempt is forgotten. An attempt that was started but of
	// which nothing is known any more has ended with reason Lost.
	Wait(ctx context.Context, id AttemptID) (Exit, error)
	// Stop asks an attempt to end: SIGTERM for its whole process group, SIGKILL after the grace time. It
	// returns at once; Wait tells the end. Stopping one that has ended does nothing.
	Stop(ctx context.Context, id AttemptID, grace time.Duration) error
}

// Checker is a Runner that can tell beforehand that it cannot run an experiment.
type Checker interface {
	// Check says why the experiment's trials cannot be run here, or nil.
	Check(ctx context.Context, e Experiment) error
}

// Limiter is a Runner that can run only so many trials at once, for want of devices.
type Limiter interface {
	// Free tells how many more trials of the experiment could be started now.
	Free(ctx context.Context, e Experiment) (int, error)
}

// LogOpener is a Runner that can show what attempts wrote.
type LogOpener interface {
	// OpenLog opens the output of an attempt: "stdout", "stderr" or "" for both, one after the other. With
	// q.Follow, reading goes on until the attempt has ended.
	OpenLog(ctx context.Context, e Experiment, t Trial, q LogQuery) (io.ReadCloser, error)
}

// Releaser is a Runner that holds something for an attempt until its end is on record.
type Releaser interface {
	// Release lets go of an attempt whose end is on record: what it still holds may be removed. It returns at
	// once. After a crash between the two, the runner has to find out by itself.
	Release(id AttemptID)
}

// Describer is a Runner that can tell what a running attempt is waiting for.
type Describer interface {
	// Describe says in a few words why the program of an attempt does not run yet, such as "queued: the job is
	// suspended"; "" when it does, or when nothing is known.
	Describe(id AttemptID) string
}

// Cleaner is a Runner that leaves things behind that can be removed.
type Cleaner interface {
	// Forget removes everything of an experiment, whose attempts have all ended.
	Forget(ctx context.Context, uid string) error
	// Prune removes what the ended trials of an experiment left behind, beyond the limits; trials come in
	// the order in which they are worth keeping, the best first.
	Prune(ctx context.Context, e Experiment, trials []Trial, keep Retention) error
}

// Retention limits what is kept of ended trials: folders and logs, never readings. The three best trials
// are always kept.
type Retention struct {
	Age  time.Duration // since the trial's end; 0 for no limit
	Size int64         // bytes for all trials of an experiment; 0 for no limit
}
