package client_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/stretchr/testify/require"
)

// TestCallsAndAnswersThatGetLostLoseNothing has workers whose calls, or their answers, get lost at random. Every
// trial runs once and ends as it was told, and every reading is there.
func TestCallsAndAnswersThatGetLostLoseNothing(t *testing.T) {
	const trials, steps = 30, 5
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *embedded.Service) {
				b := &between{Service: s, lose: sometimes(seed, 0.15)}
				r, err := client.Optimize(t.Context(), b, bowlOf(trials), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
					for step := range steps {
						time.Sleep(time.Second)
						require.NoError(t, r.Report(step, float64(100*r.Trial().Number+step)))
					}
					return depth(ctx, p, r)
				}, client.Workers(3), client.Lease(30*time.Second))
				require.NoError(t, err)
				require.Len(t, r.Trials, trials)
				for _, trial := range r.Trials {
					require.Equal(t, hone.TrialSucceeded, trial.State)
					require.Equal(t, 1, trial.Attempt)
					require.Equal(t, hone.Float(trial.Params.X*trial.Params.X+trial.Params.Y*trial.Params.Y), *trial.Value)
					readings, err := s.Measurements(t.Context(), hone.Name{Name: "bowl"}, trial.Number, "loss")
					require.NoError(t, err)
					require.Len(t, readings, steps)
					for i, m := range readings {
						require.Equal(t, hone.Float(100*trial.Number+i), m.Value)
					}
				}
			})
		})
	}
}

func TestAnOutageIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		began := time.Now()
		b := &between{Service: s, lose: func(string) (error, error) {
			if d := time.Since(began); d > time.Minute && d < 40*time.Minute {
				return errAway, nil
			}
			return nil, nil
		}}
		e := bowlOf(10)
		r, err := client.Optimize(t.Context(), b, e, func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			time.Sleep(20 * time.Second)
			return depth(ctx, p, r)
		}, client.Lease(time.Hour))
		require.NoError(t, err)
		require.Len(t, r.Trials, 10)
		require.Less(t, time.Since(began), 45*time.Minute)
	})
}

func TestPatienceEnds(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		away := &between{Service: s, lose: func(string) (error, error) { return errAway, nil }}
		began := time.Now()
		_, err := client.Submit(t.Context(), away, typedBowl(t, 2))
		require.ErrorIs(t, err, hone.Unavailable)
		require.ErrorContains(t, err, "no answer to submit in ")
		require.Less(t, time.Since(began), 6*time.Second, "with a service that was never there, not for long")

		x, err := client.Submit(t.Context(), s, typedBowl(t, 2))
		require.NoError(t, err)
		require.Equal(t, hone.Name{Namespace: "default", Name: "bowl"}, x.Name())
		began = time.Now()
		x = client.Open(away, x.Name(), client.Patience(3*time.Minute))
		_, err = client.Work(t.Context(), x, depth)
		require.ErrorIs(t, err, hone.Unavailable)
		require.InDelta(t, 180, time.Since(began).Seconds(), 20)
	})
}

func TestWhatDoesNotPassIsReturnedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		asked := 0
		var mu sync.Mutex
		b := &between{Service: s, lose: func(method string) (error, error) {
			mu.Lock()
			defer mu.Unlock()
			if method == "Ask" {
				if asked++; asked > 2 {
					return hone.Errorf(hone.PermissionDenied, "the token was revoked"), nil
				}
			}
			return nil, nil
		}}
		_, err := client.Optimize(t.Context(), b, bowlOf(9), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			if r.Trial().Number == 1 {
				return depth(ctx, p, r)
			}
			<-ctx.Done() // the other worker cannot go on
			require.ErrorIs(t, context.Cause(ctx), hone.PermissionDenied)
			return 0, ctx.Err()
		}, client.Workers(2))
		require.ErrorIs(t, err, hone.PermissionDenied)
		second, err := s.GetTrial(t.Context(), hone.Name{Name: "bowl"}, 2)
		require.NoError(t, err)
		require.Equal(t, hone.TrialPending, second.State, "it was given back")
	})
}

func TestAProgramThatIsInterruptedGivesItsTrialsBack(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		ctx, cancel := context.WithCancel(t.Context())
		var broken []int
		var mu sync.Mutex
		_, err := client.Optimize(ctx, s, bowlOf(12), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			if r.Trial().Number < 6 {
				return depth(ctx, p, r)
			}
			mu.Lock()
			broken = append(broken, r.Trial().Number)
			mu.Unlock()
			if len(broken) == 3 {
				cancel()
			}
			<-ctx.Done()
			if r.Trial().Number == 6 {
				return 1, nil // it ended well in spite of all
			}
			return 0, ctx.Err()
		}, client.Workers(3))
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait()
		e, err := s.GetExperiment(t.Context(), hone.Name{Name: "bowl"})
		require.NoError(t, err)
		require.Zero(t, e.Status.Counts.Running)
		require.Equal(t, hone.ExperimentRunning, e.Status.State)

		began := time.Now()
		r, err := client.Optimize(t.Context(), s, bowlOf(12), depth)
		require.NoError(t, err)
		require.Less(t, time.Since(began), 5*time.Second, "no lease is waited for")
		require.Len(t, r.Trials, 12)
		for _, trial := range r.Trials {
			require.Equal(t, hone.TrialSucceeded, trial.State)
			again := slices.Contains(broken, trial.Number) && trial.Number != 6
			require.Equal(t, again, trial.Attempt == 2, trial.Name())
		}
	})
}
