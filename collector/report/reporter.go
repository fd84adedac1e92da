package report

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	hone "github.com/hone-tuner/hone"
)

const (
	// batchLimit is how many readings are sent at once.
	batchLimit = 1000
	// spoolLimit is how many bytes of readings wait on disk while the service is away, some two million readings. After
	// that the collector waits too.
	spoolLimit = 256 << 20
	// A program that prints now and then is heard at once; one that prints all the time is sent for once in a pace.
	pace  = time.Second
	burst = 4
)

// Options say what is reported, and to whom.
type Options struct {
	// Dir is a folder of the reporter's own. What it finds there it goes on with.
	Dir string
	// URL is where the service is, and Token what opens its route for this trial.
	URL, Token string
	Name       hone.Name
	Number     int
	Attempt    int
	// Source tells this reporter's batches from those of others of the same attempt.
	Source string
	// HTTP does the requests; nil for a client of its own.
	HTTP *http.Client
	// Kept is called, if set, when everything before a cursor is kept or sent, and need not be read again.
	Kept func(cursor []byte)
	// Random is between 0 and 1 and spreads tries; nil for math/rand.
	Random func() float64
}

// Reporter takes the readings of one attempt and sends them in their order, each once. Sink, Resume and Flush may be
// called while Run runs.
type Reporter struct {
	o      Options
	logger hclog.Logger
	call   *caller
	pacer  *rate.Limiter

	mu       sync.Mutex
	spool    *spool
	gathered []hone.Measurement
	cursor   []byte        // behind what is gathered
	hurry    bool          // nothing is gathered any more, and no pace kept
	refused  error         // why the service takes nothing any more
	changed  chan struct{} // closed at every change of the above
	full     bool          // it was said that the disk is full
}

// Open makes a Reporter that goes on where an earlier one of the same folder stopped.
func Open(o Options, logger hclog.Logger) (*Reporter, error) {
	s, err := openSpool(o.Dir)
	if err != nil {
		return nil, err
	}
	call, err := newCaller(o)
	if err != nil {
		return nil, err
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Kept == nil {
		o.Kept = func([]byte) {}
	}
	return &Reporter{o: o, logger: logger, call: call, pacer: rate.NewLimiter(rate.Every(pace), burst), spool: s, changed: make(chan struct{})}, nil
}

// Resume tells where the collector goes on: behind everything that is kept or sent.
func (r *Reporter) Resume(string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spool.cursor
}

// Readings is how many readings the service has acknowledged.
func (r *Reporter) Readings() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.spool.state.Readings
}

// Sink is a hone.Sink. It takes readings as fast as they come, until the disk has enough of them. Once the service
// takes nothing any more it drops them: Flush says so.
func (r *Reporter) Sink(ctx context.Context, _ string, cursor []byte, ms []hone.Measurement) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.gathered) > 0 && len(r.gathered)+len(ms) > batchLimit && r.refused == nil {
		if r.spool.bytes < spoolLimit && r.keep() {
			continue
		}
		if err := r.await(ctx, time.Second); err != nil {
			return err
		}
	}
	switch {
	case r.refused != nil:
		r.o.Kept(cursor)
	case len(ms) > 0 || len(r.gathered) > 0:
		r.gathered, r.cursor = append(r.gathered, ms...), cursor
		r.change()
	default:
		if err := r.spool.pass(cursor); err != nil {
			r.complain(err)
			return nil // the next cursor will do
		}
		r.o.Kept(cursor)
	}
	return nil
}

// keep puts what is gathered on disk, to be sent. r.mu is held.
func (r *Reporter) keep() bool {
	if err := r.spool.put(r.cursor, r.gathered); err != nil {
		r.complain(err)
		return false
	}
	r.gathered, r.full = r.gathered[:0], false
	r.o.Kept(r.cursor)
	r.change()
	return true
}

// complain says once that the disk takes nothing. r.mu is held.
func (r *Reporter) complain(err error) {
	if !r.full {
		r.logger.Error("readings wait until there is room for them", "error", err)
	}
	r.full = true
}

// change wakes whoever awaits. r.mu is held.
func (r *Reporter) change() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// await lets go of r.mu until something changes, for a while at the most.
func (r *Reporter) await(ctx context.Context, most time.Duration) error {
	changed := r.changed
	r.mu.Unlock()
	defer r.mu.Lock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-changed:
	case <-timer.C:
	}
	return nil
}

// Flush sends everything that was taken so far without waiting for more, and returns when the service has it. The
// error says why it has not: that it refuses it, or that ctx ended.
func (r *Reporter) Flush(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hurry = true
	defer func() { r.hurry = false }()
	r.change()
	for r.refused == nil && (len(r.gathered) > 0 || r.spool.first() != 0) {
		if err := r.await(ctx, time.Hour); err != nil {
			return hone.Errorf(hone.DeadlineExceeded, "%d readings were not delivered: %w", r.waiting(), r.call.why(err))
		}
	}
	if r.refused == nil && r.spool.state.Lost != "" {
		return hone.Errorf(hone.DataLoss, "%s", r.spool.state.Lost)
	}
	return r.refused
}

// waiting is how many readings were taken and not acknowledged. r.mu is held.
func (r *Reporter) waiting() int {
	n := len(r.gathered)
	for number := r.spool.state.Acknowledged + 1; number <= r.spool.newest; number++ {
		if h, _, err := r.spool.read(number); err == nil {
			n += h.Readings
		}
	}
	return n
}
