package collector_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// running is a trial that writes while a collector follows it, in a bubble where time stands still until
// everybody waits.
type running struct {
	t     *testing.T
	store store
	path  string
	ended chan struct{}
	done  chan error
	seen  hone.Seen
	stop  context.CancelFunc
}

func start(t *testing.T, c hone.Collection) *running {
	r := &running{t: t, ended: make(chan struct{}), done: make(chan error, 1), path: c.Emission.File + c.Emission.Stdout}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(t.Context())
	go func() {
		var err error
		r.seen, err = newCollector().Collect(ctx, c, r.ended, r.store.sink)
		r.done <- err
	}()
	return r
}

func (r *running) print(text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(r.t, err)
	_, err = f.WriteString(text)
	require.NoError(r.t, err)
	require.NoError(r.t, f.Close())
}

// soon is when a reading must have reached the sink.
func soon() {
	time.Sleep(101 * time.Millisecond)
	synctest.Wait()
}

func (r *running) end() []plain {
	r.t.Helper()
	close(r.ended)
	require.NoError(r.t, <-r.done)
	return plainly(r.store.readings())
}

func (r *running) has(values ...string) {
	r.t.Helper()
	got := []string{}
	for _, p := range plainly(r.store.readings()) {
		got = append(got, p.value)
	}
	require.Equal(r.t, values, got)
}

func stdout(t *testing.T) hone.Collection {
	c := spec("loss", hone.MetricsSpec{})
	c.Emission.Stdout = filepath.Join(t.TempDir(), "stdout")
	return c
}

func file(t *testing.T) hone.Collection {
	c := spec("loss", hone.MetricsSpec{Source: hone.SourceFile, Path: "metrics.txt"})
	c.Emission.File = filepath.Join(t.TempDir(), "metrics.txt")
	return c
}

func TestReadingsArriveWhileTheTrialRuns(t *testing.T) {
	c := stdout(t)
	synctest.Test(t, func(t *testing.T) {
		r := start(t, c)
		soon()
		r.print("loss=1\n")
		soon()
		r.has("1")
		time.Sleep(time.Hour)
		r.print("loss=2\nloss=3")
		soon()
		r.has("1", "2")
		r.print("3\n")
		soon()
		r.has("1", "2", "33")
		require.Equal(t, "stdout", r.store.batches[0].source)
		require.Len(t, r.end(), 3)
	})
}

func TestTheEndIsReadAtOnce(t *testing.T) {
	c := stdout(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := start(t, c)
		r.print("loss=1\nloss=2")
		require.Len(t, r.end(), 2)
		require.Zero(t, time.Since(began), "no poll was waited for")
	})
}

func TestBatchesAreBounded(t *testing.T) {
	c := stdout(t)
	c.Emission.Stdout = write(t, strings.Repeat("loss=1\n", 2500))
	s := &store{}
	_, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
	require.NoError(t, err)
	require.Len(t, s.batches, 3)
	require.Len(t, s.batches[0].ms, 1000)
	require.Len(t, s.batches[2].ms, 500)
}

func TestAMetricsFile(t *testing.T) {
	for _, c := range []struct {
		name string
		left string // by an earlier attempt
		from int64
		run  func(r *running)
		want []string
	}{
		{"appears late", "", 0, func(r *running) { soon(); r.print("loss=1\n"); soon(); r.has("1"); r.print("loss=2\n") }, []string{"1", "2"}},
		{"never appears", "", 0, func(*running) { soon() }, []string{}},
		{"of an earlier attempt goes on", "loss=9\n", 7, func(r *running) { soon(); r.print("loss=1\n") }, []string{"1"}},
		{"of an earlier attempt was shortened before the first look", "loss=1\n", 70, func(r *running) { soon(); r.print("loss=2\n") }, []string{"1", "2"}},
		{"of an earlier attempt is gone", "", 7, func(r *running) { soon(); r.print("loss=1\nloss=2\n") }, []string{"1", "2"}},
		{"of an earlier attempt is written over with more", "loss=9\n", 7, func(r *running) {
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			require.NoError(r.t, os.WriteFile(r.path, []byte("loss=1\nloss=2\n"), 0o600))
		}, []string{"1", "2"}},
		{"is shortened while it is followed", "", 0, func(r *running) {
			r.print("loss=1\nloss=2\n")
			soon()
			require.NoError(r.t, os.Truncate(r.path, 0))
			r.print("loss=3\n")
			soon()
		}, []string{"1", "2", "3"}},
		{"is shortened and has grown beyond what was read", "", 0, func(r *running) {
			r.print("loss=1\n")
			soon()
			require.NoError(r.t, os.WriteFile(r.path, []byte("loss=2\nloss=3\nloss=4\n"), 0o600))
			soon()
		}, []string{"1", "2", "3", "4"}},
		{"is replaced", "", 0, func(r *running) {
			r.print("loss=1\n")
			soon()
			r.print("loss=2")
			require.NoError(r.t, os.Rename(r.path, r.path+".1"))
			r.print("loss=1\nloss=3\n")
			soon()
			r.has("1", "2", "1", "3")
			r.print("loss=4")
		}, []string{"1", "2", "1", "3", "4"}},
		{"is replaced at the very end", "", 0, func(r *running) {
			r.print("loss=1\n")
			soon()
			r.print("loss=2\n")
			require.NoError(r.t, os.Rename(r.path, r.path+".1"))
			r.print("loss=3\n")
		}, []string{"1", "2", "3"}},
		{"is removed", "", 0, func(r *running) {
			r.print("loss=1\n")
			soon()
			require.NoError(r.t, os.Remove(r.path))
			soon()
		}, []string{"1"}},
		{"is a pipe", "", 0, func(r *running) { require.NoError(r.t, syscall.Mkfifo(r.path, 0o600)); soon() }, []string{}},
		{"is a folder", "", 0, func(r *running) { require.NoError(r.t, os.Mkdir(r.path, 0o700)); soon() }, []string{}},
	} {
		what := file(t)
		what.Emission.From = c.from
		if c.left != "" {
			require.NoError(t, os.WriteFile(what.Emission.File, []byte(c.left), 0o600))
		}
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := start(t, what)
				c.run(r)
				r.end()
				r.has(c.want...)
				for _, b := range r.store.batches {
					require.Equal(t, "file", b.source)
				}
			})
		})
	}
}

func TestANewCollectorGoesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(t *testing.T, path string) // between two collectors
		want   []string
	}{
		{"with the same file", func(*testing.T, string) {}, []string{"1", "2"}},
		{"from the beginning of a shorter file", func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) }, []string{"1", "2"}},
		{"from the beginning of a file that was written anew", func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("step=5\nloss=7\nloss=8\n"), 0o600))
		}, []string{"1", "7", "8", "2"}},
		{"from the beginning of another file with the same content", func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path+"x", []byte("step=5\nloss=1\n"), 0o600))
			require.NoError(t, os.Rename(path+"x", path))
		}, []string{"1", "1", "2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := file(t)
			synctest.Test(t, func(t *testing.T) {
				first := start(t, what)
				first.print("step=5\nloss=1\n")
				soon()
				first.stop()
				require.ErrorIs(t, <-first.done, context.Canceled)
				c.before(t, first.path)
				what.Resume = first.store.resume
				second := start(t, what)
				second.print("loss=2\n")
				got := append(plainly(first.store.readings()), second.end()...)
				values := []string{}
				for _, p := range got {
					values = append(values, p.value)
				}
				require.Equal(t, c.want, values)
			})
		})
	}
}

func TestTheStepIsCarriedAcrossARestart(t *testing.T) {
	what := stdout(t)
	synctest.Test(t, func(t *testing.T) {
		first := start(t, what)
		first.print("step=5\nloss=1\n")
		soon()
		first.stop()
		<-first.done
		what.Resume = first.store.resume
		second := start(t, what)
		second.print("loss=2\n")
		require.Equal(t, []plain{{"loss", "2", 5}}, second.end())
	})
}

func TestACursorThatCannotBeReadIsAnError(t *testing.T) {
	for _, cursor := range []string{"x", `{"offset": -1}`, `{"skip": -1}`} {
		what := stdout(t)
		what.Resume = func(string) []byte { return []byte(cursor) }
		_, err := newCollector().Collect(t.Context(), what, closed(), (&store{}).sink)
		require.ErrorIs(t, err, hone.DataLoss)
	}
}

func TestAnErrorOfTheSinkEndsIt(t *testing.T) {
	what := stdout(t)
	what.Emission.Stdout = write(t, "loss=1\n")
	full := errors.New("the disk is full")
	_, err := newCollector().Collect(t.Context(), what, closed(), func(context.Context, string, []byte, []hone.Measurement) error { return full })
	require.ErrorIs(t, err, full)
	synctest.Test(t, func(t *testing.T) {
		_, err := newCollector().Collect(t.Context(), what, make(chan struct{}), func(context.Context, string, []byte, []hone.Measurement) error { return full })
		require.ErrorIs(t, err, full, "also while the trial runs")
	})
}

func TestNothingIsFollowedOfATrialThatPushes(t *testing.T) {
	what := stdout(t)
	what.Spec.Source = hone.SourcePush
	synctest.Test(t, func(t *testing.T) {
		r := start(t, what)
		r.print("loss=1\n")
		soon()
		require.Empty(t, r.end())
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newCollector().Collect(ctx, what, nil, (&store{}).sink)
	require.ErrorIs(t, err, context.Canceled)
}

func TestNamesThatWereSeen(t *testing.T) {
	var lines strings.Builder
	for i := range 100 {
		fmt.Fprintf(&lines, "setting%d=%d 10:11:12 Epoch 3 step=4\n", i, i)
	}
	_, seen := collectText(t, spec("val_loss", hone.MetricsSpec{Record: []string{"acc"}}), lines.String()+"acc=1 loss: 2 {'val_los': 3}\nx=y\n"+strings.Repeat("n", 100)+"=1\n")
	require.Equal(t, []string{"loss", "val_los", "setting0", "setting1"}, seen.Names[:4])
	require.LessOrEqual(t, len(seen.Names), 20)

	_, seen = collectText(t, spec("acc", hone.MetricsSpec{Format: hone.FormatJSON}), `{"accuracy": 1, "val": {"x": 2}, "step": 3, "text": "x"}`)
	require.Equal(t, []string{"accuracy", "val/x"}, seen.Names)
	_, seen = collectText(t, spec("acc", hone.MetricsSpec{Pattern: `(?P<name>\w+)=(?P<value>\d+)`}), `loss=1`)
	require.Equal(t, []string{"loss"}, seen.Names)
}

func TestAMetricInALineWithoutEndIsFound(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"at the end", strings.Repeat("x ", 1<<20) + "loss=7"},
		{"in the middle", strings.Repeat("x ", 1<<20) + "loss = 7 " + strings.Repeat("y,", 1<<20)},
		{"behind what cannot be cut", strings.Repeat("x", 3<<20) + " loss: 7"},
		{"behind zeros", strings.Repeat("\x00", 3<<20) + "loss: 7"},
		{"across any cut", strings.Repeat("x ", 32760) + "   loss   =   7   " + strings.Repeat("y", 70000)},
		{"on a later line", strings.Repeat("x", 3<<20) + "\nloss=7\n"},
		{"among bytes", strings.Repeat("\x01\xff\xfe\x80", 1<<18) + "\nloss=7\n\x9b\x80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := collectText(t, spec("loss", hone.MetricsSpec{}), c.text)
			require.Equal(t, []plain{{"loss", "7", none}}, plainly(got))
		})
	}
}

func TestALotOfNoiseTakesLittleMemory(t *testing.T) {
	const size = 6 << 20
	for name, m := range map[string]hone.MetricsSpec{"text": {}, "json": {Format: hone.FormatJSON}} {
		for noise, line := range map[string]string{"lines": strings.Repeat("noise, ", 20) + "\n", "a line without end": strings.Repeat("noise, ", 20)} {
			t.Run(name+"/"+noise, func(t *testing.T) {
				c := spec("loss", m)
				c.Emission.Stdout = write(t, strings.Repeat(line, size/len(line))+"\n{\"loss\": 1}\nloss=1\n")
				s := &store{}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
				runtime.ReadMemStats(&after)
				require.NoError(t, err)
				require.NotEmpty(t, s.readings())
				require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(5<<20))
			})
		}
	}
}
