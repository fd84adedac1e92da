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
			if len(broken) == 3 {
				cancel()
			}
			mu.Unlock()
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

// TestAProgramOfTheSameNameBeginsItsTrialsAnew: readings of the attempt before are not mixed with its own.
func TestAProgramOfTheSameNameBeginsItsTrialsAnew(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		x, err := client.Submit(t.Context(), s, typedBowl(t, 3))
		require.NoError(t, err)
		for _, name := range []string{"gpu-1", "other-1"} {
			reply, err := x.Ask(t.Context(), hone.AskRequest{Client: name})
			require.NoError(t, err)
			for step := range int64(5) {
				_, err = x.Report(t.Context(), reply.Trials[0], hone.Measurement{Metric: "loss", Value: 99, Step: &step})
				require.NoError(t, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = client.Work(ctx, x, func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			if err := r.Report(1, 1); err != nil {
				return 0, err
			}
			return depth(ctx, p, r)
		}, client.Named("gpu"))
		require.ErrorIs(t, err, context.DeadlineExceeded, "the other worker is still at its trial")
		for number, attempt := range map[int]int{1: 2, 2: 1, 3: 1} {
			trial, err := s.GetTrial(t.Context(), x.Name(), number)
			require.NoError(t, err)
			require.Equal(t, attempt, trial.Attempt, trial.Name())
		}
		readings, err := s.Measurements(t.Context(), x.Name(), 1, "loss")
		require.NoError(t, err)
		require.Len(t, readings, 2, "step 0 was before its first step, steps 2 to 4 are not its own")
	})
}

func TestAServerThatNeverAnsweredIsSaidSoon(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		away := &between{Service: s, lose: func(string) (error, error) { return errAway, nil }}
		began := time.Now()
		_, err := client.Open(away, hone.Name{Name: "bowl"}).Best(t.Context())
		require.ErrorIs(t, err, hone.Unavailable)
		require.Less(t, time.Since(began), 6*time.Second)
	})
}

// slow answers an ask late, unless its caller leaves.
type slow struct {
	hone.Service
	asked chan struct{}
}

func (s slow) Ask(ctx context.Context, n hone.Name, r hone.AskRequest) (hone.AskReply, error) {
	reply, err := s.Service.Ask(ctx, n, r)
	close(s.asked)
	select {
	case <-time.After(2 * time.Second):
		return reply, err
	case <-ctx.Done():
		return hone.AskReply{}, ctx.Err()
	}
}

func TestATrialWhoseAnswerIsOnItsWayIsGivenBack(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		ctx, cancel := context.WithCancel(t.Context())
		asked := make(chan struct{})
		go func() {
			<-asked
			cancel()
		}()
		_, err := client.Optimize(ctx, slow{s, asked}, bowlOf(2), depth)
		require.ErrorIs(t, err, context.Canceled)
		trial, err := s.GetTrial(t.Context(), hone.Name{Name: "bowl"}, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialPending, trial.State)
	})
}
