package lease_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/internal/lease"
)

// process is one that wants the lease, again and again.
type process struct {
	stays time.Duration
	rude  bool // it ends without releasing
}

// trouble is a time in which the API server does not answer.
type trouble struct {
	calm, away time.Duration
	done       bool // what was asked for is done all the same
}

func seconds(rt *rapid.T, least, most int, label string) time.Duration {
	return time.Duration(rapid.IntRange(least, most).Draw(rt, label)) * time.Second
}

// TestNeverTwoAtOnce lets several processes want the lease while the API server comes and goes, answers get lost, and
// processes end in good order or not. Between Acquire and the end of Lost, none sees another one.
func TestNeverTwoAtOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		processes := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) process {
			return process{stays: seconds(rt, 1, 200, "stays"), rude: rapid.Bool().Draw(rt, "rude")}
		}), 2, 4).Draw(rt, "processes")
		troubles := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) trouble {
			return trouble{seconds(rt, 0, 100, "calm"), seconds(rt, 1, 100, "away"), rapid.Bool().Draw(rt, "done")}
		}), 1, 8).Draw(rt, "troubles")
		var seen witness
		synctest.Test(t, func(*testing.T) { seen.contend(processes, troubles) })
		require.Empty(rt, seen.wrong)
	})
}

// witness sees who believes to have the lease.
type witness struct {
	mu     sync.Mutex
	holder string
	newest int64
	wrong  string
}

func (w *witness) enter(identity string, token int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.holder != "" || token <= w.newest {
		w.wrong = fmt.Sprintf("%s came with %d while %q was there with %d", identity, token, w.holder, w.newest)
	}
	w.holder, w.newest = identity, token
}

func (w *witness) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holder = ""
}

func (w *witness) contend(processes []process, troubles []trouble) {
	s := &server{}
	ctx, end := context.WithCancel(context.Background())
	var living sync.WaitGroup
	for i, p := range processes {
		living.Go(func() {
			for life := 0; ctx.Err() == nil; life++ {
				w.live(ctx, s, s.options(fmt.Sprintf("process %d, life %d", i, life)), p)
			}
		})
	}
	for _, t := range troubles {
		time.Sleep(t.calm)
		fails := func(string) error { return errAway }
		if t.done {
			s.change(func() { s.lose = fails })
		} else {
			s.change(func() { s.fail = fails })
		}
		time.Sleep(t.away)
		s.change(func() { s.fail, s.lose = nil, nil })
	}
	end()
	living.Wait()
}

func (w *witness) live(ctx context.Context, s *server, o lease.Options, p process) {
	cut := new(atomic.Bool)
	o.Client = s.client(cut)
	l, err := lease.Acquire(ctx, o)
	if err != nil {
		return
	}
	w.enter(o.Identity, l.Token())
	select {
	case <-l.Lost():
	case <-time.After(p.stays):
	case <-ctx.Done():
	}
	w.leave()
	cut.Store(p.rude) // it is killed, or cut off
	_ = l.Release(context.Background())
}
