package controller

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
)

// Measure implements hone.MeasurementService.
func (c *Controller) Measure(ctx context.Context, n hone.Name, b hone.Batch) (stop bool, err error) {
	if strings.HasPrefix(b.Source, collected) {
		return false, hone.Errorf(hone.InvalidArgument, "source %q: names that begin with %q are the collector's own", b.Source, collected)
	}
	s, err := c.session(ctx, n)
	if err != nil {
		return false, err
	}
	if err := hone.Admit(ctx, s.experiment()); err != nil {
		return false, err
	}
	l, err := s.reporting(ctx, &b)
	switch {
	case err != nil:
		return false, err
	case l == nil: // it was stopped without its worker, who learns it now
		_, err := c.Store.Append(ctx, s.uid, b)
		return true, err
	case s.external:
		if err := s.prepare(ctx, l.curve, b.Number); err != nil {
			return false, err
		}
	}
	if len(b.Measurements) > 0 {
		if err := l.curve.store(ctx, c.queue, s.uid, b); err != nil {
			return false, err
		}
		if err := s.judge(ctx, b.Number, b.Attempt, l.curve); err != nil {
			return false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustStop(l), nil
}

// prepare makes an external trial ready to be judged: after a restart, its curve and those of the others have
// to be read first.
func (s *session) prepare(ctx context.Context, curve *liveCurve, number int) error {
	if name := s.loaded.Spec.EarlyStopping.Name; name != "" && name != "none" && !s.learns() {
		s.mu.Lock()
		err := s.needHistory(ctx)
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return curve.recall(ctx, s.c.Store, s.uid, number)
}

// reporting finds the trial of a batch, checks that its attempt may report, and completes the batch. There is no
// live trial, and no error, for one that was stopped while its worker could not know.
func (s *session) reporting(ctx context.Context, b *hone.Batch) (*liveTrial, error) {
	s.mu.Lock()
	l, ok := s.live[b.Number]
	var t hone.Trial
	if ok {
		t = l.Trial
		if t.State == hone.TrialRunning && (b.Attempt == 0 || b.Attempt == t.Attempt) {
			l.seen = s.c.now()
		}
	}
	s.mu.Unlock()
	if !ok {
		return nil, s.belated(ctx, b)
	}
	if b.Attempt == 0 {
		b.Attempt = t.Attempt
	}
	if b.Attempt != t.Attempt || t.State != hone.TrialRunning {
		return nil, hone.Errorf(hone.Conflict, "trial %s is %s in attempt %d: attempt %d cannot report", t.Name(), t.State, t.Attempt, b.Attempt)
	}
	return l, s.complete(b)
}

// belated completes a batch of a trial that has ended, if its worker could not know that: a Conflict otherwise.
func (s *session) belated(ctx context.Context, b *hone.Batch) error {
	t, err := s.c.Store.Trial(ctx, s.uid, b.Number)
	if err != nil {
		return err
	}
	unaware := s.external && t.State == hone.TrialStopped && t.Told == "" && t.Attempt > 0
	if !unaware || b.Attempt != 0 && b.Attempt != t.Attempt {
		return hone.Errorf(hone.Conflict, "trial %s has ended as %s: it takes no more measurements", t.Name(), t.State)
	}
	b.Attempt = t.Attempt
	return s.complete(b)
}

// complete fills in what a batch leaves out.
func (s *session) complete(b *hone.Batch) error {
	b.Received, b.Cursor = s.c.now(), nil
	for i, m := range b.Measurements {
		if m.Metric == "" || len(m.Metric) > hone.MetricLimit {
			return hone.Errorf(hone.InvalidArgument, "measurements[%d].metric must have from 1 to %d bytes", i, hone.MetricLimit)
		}
		if m.Time.IsZero() {
			b.Measurements[i].Time = b.Received
		}
	}
	return nil
}

// Measurements implements hone.MeasurementService.
func (c *Controller) Measurements(ctx context.Context, n hone.Name, number int, metric string) ([]hone.Measurement, error) {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return nil, err
	}
	if _, err := c.Store.Trial(ctx, e.UID, number); err != nil {
		return nil, err
	}
	batches, err := c.Store.Batches(ctx, e.UID, number)
	if err != nil {
		return nil, err
	}
	all := hone.Readings(batches)
	if metric == "" {
		return all, nil
	}
	return objectiveOnly(all, metric), nil
}

// TrialToken is what a trial reports with: it is good for this trial only, and for as long as the data
// directory keeps its secret.
func (c *Controller) TrialToken(uid string, number int) string {
	mac := hmac.New(sha256.New, c.Secret)
	fmt.Fprintf(mac, "trial/%s/%d", uid, number)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyTrialToken says whether a token may report for a trial: nil, or an error of kind Unauthenticated
// that does not tell whether the trial exists.
func (c *Controller) VerifyTrialToken(ctx context.Context, n hone.Name, number int, token string) error {
	e, err := c.GetExperiment(ctx, n)
	if err != nil || !hmac.Equal([]byte(token), []byte(c.TrialToken(e.UID, number))) {
		return hone.Errorf(hone.Unauthenticated, "the token is not the one of this trial; send HONE_TOKEN of the trial's environment")
	}
	return nil
}
