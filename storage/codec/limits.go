package codec

import (
	"strings"

	"github.com/hone-tuner/hone"
)

// Limits of what a store takes.
const (
	BatchLimit  = 10_000  // readings of a batch
	SourceLimit = 255     // bytes of a source's name
	CursorLimit = 1 << 16 // bytes of a cursor
)

// CheckBatch says what is wrong with a batch: an error of kind InvalidArgument, or nil.
func CheckBatch(b hone.Batch) error {
	switch {
	case b.Attempt < 1 || b.Attempt > 1<<30:
		return hone.Errorf(hone.InvalidArgument, "measurements of attempt %d: attempts count from 1", b.Attempt)
	case b.Sequence < 0:
		return hone.Errorf(hone.InvalidArgument, "measurements with sequence %d: sequences count from 1", b.Sequence)
	case len(b.Source) > SourceLimit:
		return hone.Errorf(hone.InvalidArgument, "the name of a source of measurements has %d bytes; at most %d are taken", len(b.Source), SourceLimit)
	case len(b.Cursor) > CursorLimit:
		return hone.Errorf(hone.InvalidArgument, "the cursor of a batch has %d bytes; at most %d are taken", len(b.Cursor), CursorLimit)
	case len(b.Measurements) > BatchLimit:
		return hone.Errorf(hone.InvalidArgument, "a batch of %d measurements is too large; send at most %d at once", len(b.Measurements), BatchLimit)
	}
	for i, m := range b.Measurements {
		if m.Metric == "" || len(m.Metric) > hone.MetricLimit {
			return hone.Errorf(hone.InvalidArgument, "measurement %d of a batch: the name of its metric has %d bytes; it must have 1 to %d", i+1, len(m.Metric), hone.MetricLimit)
		}
	}
	return nil
}

// Empty reports whether a batch says nothing that would have to be remembered: no readings, no cursor, and
// no sequence number that the next one must follow.
func Empty(b hone.Batch) bool {
	return b.Sequence == 0 && len(b.Measurements) == 0 && len(b.Cursor) == 0
}

// CheckNew completes an experiment that is about to be created, with its first event, and says what is
// wrong with them.
func CheckNew(e hone.Experiment, created hone.Event) (hone.Experiment, error) {
	if e.Namespace == "" {
		e.Namespace = hone.DefaultNamespace
	}
	switch {
	case e.UID == "" || len(e.UID) > 255:
		return e, hone.Errorf(hone.InvalidArgument, "experiment %q needs a UID of 1 to 255 bytes", e.Name)
	case e.Name == "" || len(e.Name) > 255 || len(e.Namespace) > 255 || strings.ContainsRune(e.Name+e.Namespace, 0):
		return e, hone.Errorf(hone.InvalidArgument, "%q is no name for an experiment", e.Name)
	case created.Type != hone.EventCreated:
		return e, hone.Errorf(hone.InvalidArgument, "the first event of experiment %q is %s; it must be %s", e.Name, created.Type, hone.EventCreated)
	}
	return e, nil
}
