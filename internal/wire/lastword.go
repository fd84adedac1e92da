package wire

import "time"

// LastWord is what the sidecar of a trial's pod leaves as its termination message, in JSON: the cluster keeps it with the
// container, and whoever runs the trials reads it there.
type LastWord struct {
	// Delivered says that the service has every reading, and Readings how many it has; Error is why it has not.
	Delivered bool   `json:"delivered"`
	Readings  int64  `json:"readings"`
	Error     string `json:"error,omitempty"`
	// Start and End are when the program began and ended, which the cluster knows to the second only; OutOfMemory that
	// it was killed for want of memory.
	Start       time.Time `json:"start,omitzero"`
	End         time.Time `json:"end,omitzero"`
	OutOfMemory bool      `json:"outOfMemory,omitempty"`
}
