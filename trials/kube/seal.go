package kube

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/hone-tuner/hone"
)

// seal ends an attempt whose object has ended: in a bounded time either the collector in the pod has delivered all
// readings, or the pod's log is read in its place.
func (t *tending) seal(ctx context.Context, s sight, now time.Time) (over bool, next time.Duration) {
	if t.ended.IsZero() {
		t.ended = now
		t.a.r.Logger.Debug("ended", "trial", t.a.name, "phase", s.phase.String())
	}
	if t.a.source() != hone.SourcePush && s.word == nil && s.primary != "" && t.lastWords(ctx, s, now) {
		s = t.a.look()
		if s.word == nil {
			return false, min(sealPause, t.ended.Add(t.a.r.SealLimit).Sub(now))
		}
	}
	t.save(ctx, s)
	return t.conclude(ctx, s, s.exit)
}

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
// program that failed.
func (t *tending) save(ctx context.Context, s sight) {
	a := t.a
	undelivered := a.source() != hone.SourcePush && (s.word == nil || !s.word.Delivered)
	if !undelivered && s.exit.Reason == "" || s.primary == "" {
		return
	}
	err := a.r.saveLog(ctx, a, s, corev1.PodLogOptions{})
	if err == nil && undelivered && a.source() == hone.SourceStdout {
		err = a.r.rescue(a)
	}
	switch {
	case err != nil && !errors.Is(err, context.Canceled):
		a.r.Logger.Warn("the log of a trial could not be read", "trial", a.name, "error", err)
	case undelivered:
		why := "it said nothing"
		if s.word != nil {
			why = s.word.Error
		}
		a.r.Logger.Warn("the collector did not deliver all readings; the pod's log was read", "trial", a.name, "collector", why)
	}
}
