package kube

import (
	"context"
	"strings"
	"time"
)

// inquire looks why no pods come: only events tell that, of the object or of what it has made. It returns when to
// look again.
func (t *tending) inquire(ctx context.Context, now time.Time) time.Duration {
	const patience, every = 2 * time.Second, 5 * time.Second
	if waited := now.Sub(t.began); waited < patience {
		return patience - waited
	}
	warnings, err := t.a.r.cluster.warnings(ctx, t.a.namespace(), t.a.name)
	if err != nil {
		t.a.r.Logger.Debug("events could not be read", "trial", t.a.name, "error", err)
		return every
	}
	for _, e := range warnings {
		if !strings.HasPrefix(e.Reason, "FailedCreate") {
			continue
		}
		message := strings.TrimPrefix(e.Message, "Error creating: ")
		t.a.say("the cluster does not make its pods: " + message)
		if hopeless(message) {
			t.refused = "the cluster does not let its pods be made: " + message
			return time.Millisecond
		}
	}
	return every
}

// hopeless reports whether the reason why a pod was not made will not go away by itself. A quota that is used up
// does.
func hopeless(message string) bool {
	return strings.Contains(message, "forbidden") && !strings.Contains(message, "exceeded quota")
}
