package kube

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/hone-tuner/hone"
)

// seal ends an attempt whose object has ended: in a bounded time either the collector in the pod has delivered all
// readings, or the pod's log is read in its place.
func (t *tending) seal(ctx context.Context, s sight, now time.Time) (over bool, next time.Duration) {
	if t.ended.IsZero() {
		t.ended = now
		t.a.r.Logger.Debug("ended", "trial", t.a.name, "phase", s.phase.String())
	}
	// Pods that go on when the object has ended, such as the other replicas of one that failed, would share the devices and the
	// folders with whatever is started next. What is told of the pods may be a little older than what is told of the object.
	wait := t.ended.Add(pruneAfter).Sub(now)
	if s.alive > 0 && s.own == nil { // its last words come when it ends
		if wait > 0 {
			return false, wait
		}
		return t.windUp(ctx, s, now)
	}
	s, speaks := t.hear(ctx, s, now)
	switch {
	case speaks:
		return false, min(sealPause, t.ended.Add(t.a.r.SealLimit).Sub(now))
	case s.alive > 0 && wait > 0:
		return false, wait
	}
	return t.account(ctx, s, now)
}

// hear waits for the last words of the collector: it speaks as long as these may still come.
func (t *tending) hear(ctx context.Context, s sight, now time.Time) (_ sight, speaks bool) {
	if t.a.source() == hone.SourcePush || s.word != nil || s.primary == "" || !t.lastWords(ctx, s, now) {
		return s, false
	}
	s = t.a.look()
	return s, s.word == nil
}

// account sees to the readings, and then ends the attempt.
func (t *tending) account(ctx context.Context, s sight, now time.Time) (over bool, next time.Duration) {
	again, lost := t.save(ctx, s, now)
	if again > 0 {
		return false, again
	}
	if lost != "" && s.exit.Reason == "" {
		s.exit.Reason, s.exit.Message = hone.Lost, lost
	}
	if s.alive > 0 {
		return t.windUp(ctx, s, now)
	}
	return t.conclude(ctx, s, s.exit)
}

// windUp ends what is left of the pods of an object that has ended.
func (t *tending) windUp(ctx context.Context, s sight, now time.Time) (over bool, next time.Duration) {
	exit := s.exit
	t.ending, t.sealed = &exit, true
	return t.wind(ctx, s, now)
}

// pruneAfter is how long the pods of an object that has ended may take to end by themselves.
const pruneAfter = 3 * time.Second

// sealPause is the time between two looks at a pod whose collector has not ended.
const sealPause = time.Second

// lastWords fetches the pod, which may be newer than what its watch has told, and reports whether its collector may
// still say something.
func (t *tending) lastWords(ctx context.Context, s sight, now time.Time) bool {
	pod, err := t.a.r.cluster.pod(ctx, t.a.namespace(), s.primary)
	if now.Sub(t.ended) >= t.a.r.SealLimit || pod == nil && err == nil {
		return false
	}
	if err != nil {
		return true
	}
	t.a.see(prune(pod))
	return collectorRuns(pod) || t.a.look().word != nil
}

// collectorRuns reports whether the collector's container has not ended.
func collectorRuns(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return false
	}
	for _, c := range pod.Status.InitContainerStatuses {
		if c.Name == collectorContainer && c.State.Terminated == nil {
			return true
		}
	}
	return false
}

// save reads the pod's log where it is needed: as the second source of the readings, and for the last lines of a
// program that failed. While the only source of readings cannot be reached, it tells when to try again; lost says what became of
// readings that nothing is left to be read from.
func (t *tending) save(ctx context.Context, s sight, now time.Time) (again time.Duration, lost string) {
	a := t.a
	undelivered := a.source() != hone.SourcePush && (s.word == nil || !s.word.Delivered)
	if !undelivered && s.exit.Reason == "" || s.primary == "" {
		return 0, ""
	}
	err := a.r.saveLog(ctx, a, s, corev1.PodLogOptions{})
	if err != nil && undelivered && t.mayCome(err, now) {
		a.say(fmt.Sprintf("waiting for the log of its pod: %v", err))
		return sealPause, ""
	}
	if err == nil && undelivered && a.source() == hone.SourceStdout {
		err = a.r.rescue(a)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		a.r.Logger.Warn("the log of a trial could not be read", "trial", a.name, "error", err)
	}
	if !undelivered {
		return 0, ""
	}
	return 0, t.undelivered(s, err)
}

// undelivered tells of a collector that could not deliver, and what became of its readings: "" when they were read from the log.
func (t *tending) undelivered(s sight, log error) (lost string) {
	why := "it said nothing"
	if s.word != nil {
		why = s.word.Error
	}
	t.a.r.Logger.Warn("the collector did not deliver all readings", "trial", t.a.name, "collector", why)
	if log != nil || t.a.source() != hone.SourceStdout {
		return clip("its program ended well, but readings of it are lost: the collector in its pod could not deliver them: " + why)
	}
	return ""
}

// mayCome reports whether a log that cannot be read may be readable a little later: an API server that is away is waited for as
// long as it takes, and one that gives no log, whose node may be gone, for a while.
func (t *tending) mayCome(err error, now time.Time) bool {
	const twice = 2
	var answer apierrors.APIStatus
	var disk *fs.PathError
	away := !errors.As(err, &answer) && !errors.As(err, &disk)
	return !final(err) && (away || now.Sub(t.ended) < twice*t.a.r.SealLimit)
}
