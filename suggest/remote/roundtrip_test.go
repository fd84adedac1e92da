package remote_test

import (
	"context"
	"fmt"
	"math"
	"net"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/suggest"
	"github.com/hone-tuner/hone/suggest/service"
)

func (p *place) serveHone() {
	entries := map[string]service.Entry{}
	for name, e := range algorithms.Builtin() {
		entries[name] = service.Entry{Choice: e.Choice, New: e.New}
	}
	s, err := service.New(service.Options{Algorithms: entries})
	require.NoError(p.t, err)
	server := service.NewServer(s, hclog.NewNullLogger())
	p.listen(server, func(l net.Listener) error { return server.Serve(context.Background(), l) })
}

// optimisation is a run with two trials at once, some of which fail, are stopped, or are handed over as batches.
type optimisation struct {
	r       hone.Request
	pending []hone.Pending
	points  []string
	notes   []string
	ended   bool
}

func (o *optimisation) step(t testing.TB, s *suggest.Suggester, e hone.Experiment, count int) {
	o.r.Count, o.r.Pending = count, o.pending
	got := ask(t, s, e, o.r)
	for _, g := range got {
		o.points = append(o.points, g.Parameters.String())
		if g.Note != "" {
			o.notes = append(o.notes, g.Note)
		}
		o.pending = append(o.pending, hone.Pending{Number: o.r.Number, Parameters: g.Parameters, Labels: g.Labels})
		o.r.Number++
	}
	o.ended = len(got) < count
	for len(o.pending) > 2 || o.ended && len(o.pending) > 0 { // the newest but one ends first: not in the order of beginning
		at := max(0, len(o.pending)-2)
		o.finish(o.pending[at])
		o.pending = append(append([]hone.Pending(nil), o.pending[:at]...), o.pending[at+1:]...)
	}
}

func (o *optimisation) finish(p hone.Pending) {
	out := hone.Outcome{Number: p.Number, Parameters: p.Parameters, Labels: p.Labels, State: hone.TrialSucceeded, Finished: o.r.History.Len() + 1}
	for i, a := range p.Parameters {
		x := a.Value.Float()
		if math.IsNaN(x) {
			x = float64(len(a.Value.String()))
		}
		out.Value += math.Sin(x*float64(i+1)) / 3
	}
	switch p.Number % 7 {
	case 3:
		out.State, out.Value = hone.TrialFailed, math.NaN()
	case 5:
		out.State = hone.TrialEarlyStopped
	}
	o.r.History = o.r.History.Append(out)
}

// The same experiment, asked of an algorithm in this process and of the same one behind a service: the same
// points, though the service and the caller are started anew now and then.
func TestAServedAlgorithmProposesWhatItWouldPropose(t *testing.T) {
	spaces := map[string]hone.SearchSpace{
		"mixed": hone.NewSpace(hone.Double("lr", 1e-5, 0.1).Log(), hone.Double("dropout", 0, 0.5).By(0.05), hone.Int("layers", 1, 4),
			hone.Discrete("batch", 16, 32, 64, 128), hone.Categorical("optimizer", "sgd", "adam"), hone.Double("one", 3, 3)),
		"small": hone.NewSpace(hone.Int("n", 1, 4), hone.Categorical("c", "a", "b", "c")),
	}
	for name, entry := range algorithms.Builtin() {
		for kind, space := range spaces {
			t.Run(name+"/"+kind, func(t *testing.T) {
				local := suggest.New(map[string]suggest.Factory{name: entry.New}, hclog.NewNullLogger())
				here := &optimisation{r: request(space, 0)}
				le := experiment(space, nil)
				le.Spec.Algorithm.Name = name
				p := &place{t: t}
				p.serveHone()
				defer p.stop()
				services := p.services()
				there := &optimisation{r: request(space, 0)}
				there.r.History = hone.NewHistory("other")
				re := experiment(space, settings("algorithm", name))
				far := suggester(services)
				for i := 0; i < 14 && !here.ended; i++ {
					count := 1 + i%3
					here.step(t, local, le, count)
					there.step(t, far, re, count)
					require.Equal(t, here.points, there.points, "after %d steps", i)
					switch i % 5 {
					case 2:
						p.serveHone()
					case 4:
						require.NoError(t, services.Close())
						services = p.services()
						far = suggester(services)
					}
				}
				require.Equal(t, here.ended, there.ended, "the end of the space is known there too")
				require.Equal(t, here.notes, there.notes)
				require.NoError(t, services.Close())
			})
		}
	}
}

func TestTheSeedTravelsWithTheRequest(t *testing.T) {
	p := &place{t: t}
	p.serveHone()
	defer p.stop()
	services := p.services()
	defer func() { require.NoError(t, services.Close()) }()
	first := map[string]bool{}
	for seed := range uint64(5) {
		r := request(line(), 1)
		r.Seed = seed
		e := experiment(line(), settings("algorithm", "random"))
		e.UID = fmt.Sprint("uid", seed)
		first[ask(t, suggester(services), e, r)[0].Parameters.String()] = true
	}
	require.Greater(t, len(first), 3)
}
