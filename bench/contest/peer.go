package contest

import (
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
)

// peer is a tuner of another project: a program that answers over its standard input and output. One process serves
// many runs, one after the other, so that what it takes to begin is paid once.
type peer struct {
	info    Info
	command []string

	mu   sync.Mutex
	idle []*process
}

// NewPeer makes a contestant of a program that speaks the protocol of bench/peers. It is started when it is needed;
// Close, which the contestant has besides, ends it.
func NewPeer(info Info, command ...string) Contestant { return &peer{info: info, command: command} }

// ListPeers asks the program of bench/peers which peers there are. "program NAME" starts one of them.
func ListPeers(ctx context.Context, program string) ([]Contestant, error) {
	out, err := exec.CommandContext(ctx, program, "--list").Output()
	if err != nil {
		return nil, hone.Errorf(hone.Unavailable, "asking %s for its peers: %w", program, err)
	}
	var list []struct {
		Name string `json:"name"`
		Slow bool   `json:"slow"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, hone.Errorf(hone.Internal, "%s --list: %w", program, err)
	}
	peers := make([]Contestant, len(list))
	for i, p := range list {
		peers[i] = NewPeer(Info{Name: p.Name, Slow: p.Slow}, program, p.Name)
	}
	return peers, nil
}

func (c *peer) Info() Info { return c.info }

// Close ends the processes that wait for another run.
func (c *peer) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.idle {
		p.kill()
	}
	c.idle = nil
	return nil
}

// take hands out a process that waits, or a new one.
func (c *peer) take() (p *process, fresh bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		p, c.idle = c.idle[n-1], c.idle[:n-1]
		return p, false, nil
	}
	p, err = newProcess(c.command)
	return p, true, err
}

func (c *peer) give(p *process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, p)
}

func (c *peer) Start(ctx context.Context, s Setup) (Tuner, error) {
	p, fresh, err := c.take()
	if err != nil {
		return nil, hone.Errorf(hone.Unavailable, "%s does not start: %w", c.command[0], err)
	}
	var reply struct {
		OK      bool   `json:"ok"`
		Version string `json:"version"`
		Error   string `json:"error"`
	}
	err = p.call(ctx, startRequest{Op: "start", Space: wireSpace(s.Space), Seed: s.Seed, Budget: s.Trials, Parallel: s.Parallel}, &reply)
	switch {
	case err != nil:
		p.kill()
		if fresh && ctx.Err() == nil {
			return nil, hone.Errorf(hone.Unavailable, "it does not start: %w", err)
		}
		return nil, err
	case strings.HasPrefix(reply.Error, "unsupported"):
		c.give(p)
		return nil, hone.Errorf(hone.Unimplemented, "%s", reply.Error)
	case reply.Error != "" || !reply.OK:
		p.kill()
		return nil, hone.Errorf(hone.Internal, "it did not begin: %s", reply.Error)
	}
	bare, err := hone.NewSpace(s.Space.Parameters()...).Compile(nil)
	if err != nil {
		p.kill()
		return nil, err
	}
	return &peerTuner{contestant: c, process: p, version: reply.Version, space: bare, open: map[int]bool{}}, nil
}

// peerTuner is one run of a peer.
type peerTuner struct {
	contestant *peer
	process    *process
	version    string
	space      *hone.Space // without constraints, which peers are not told of
	open       map[int]bool
	broken     bool
}

func (t *peerTuner) Version() string { return t.version }

func (t *peerTuner) Ask(ctx context.Context, count int) ([]Point, time.Duration, error) {
	var reply struct {
		Points []struct {
			ID         *int                  `json:"id"`
			Parameters map[string]hone.Value `json:"parameters"`
		} `json:"points"`
		timed
	}
	if err := t.call(ctx, askRequest{Op: "ask", Count: count}, &reply, &reply.timed); err != nil {
		return nil, 0, err
	}
	if len(reply.Points) > count {
		t.broken = true
		return nil, 0, hone.Errorf(hone.Internal, "%d points came where %d were asked for", len(reply.Points), count)
	}
	points := make([]Point, len(reply.Points))
	for i, p := range reply.Points {
		if p.ID == nil || t.open[*p.ID] {
			t.broken = true
			return nil, 0, hone.Errorf(hone.Internal, "a point came without an id, or with that of another")
		}
		t.open[*p.ID] = true
		points[i] = Point{ID: *p.ID}
		a, err := pointOf(t.space, p.Parameters)
		if err != nil {
			points[i].Fault = err.Error()
			continue
		}
		points[i].Parameters = a
	}
	return points, reply.elapsed(), nil
}

func (t *peerTuner) Tell(ctx context.Context, results []Result) (time.Duration, error) {
	request := tellRequest{Op: "tell"}
	for _, r := range results {
		delete(t.open, r.ID)
		w := wireResult{ID: r.ID}
		if !math.IsNaN(r.Value) {
			w.Value = &r.Value
		}
		request.Results = append(request.Results, w)
	}
	var reply struct{ timed }
	if err := t.call(ctx, request, &reply, &reply.timed); err != nil {
		return 0, err
	}
	return reply.elapsed(), nil
}

// call asks the process. After a mistake it is not used any more: nobody knows what it would answer.
func (t *peerTuner) call(ctx context.Context, request, reply any, times *timed) error {
	begin := time.Now()
	err := t.process.call(ctx, request, reply)
	if err == nil && times.Error != "" {
		err = hone.Errorf(hone.Internal, "%s", times.Error)
	}
	if err == nil && times.Seconds == nil {
		seconds := time.Since(begin).Seconds()
		times.Seconds = &seconds
	}
	if err == nil && !(*times.Seconds >= 0) {
		err = hone.Errorf(hone.Internal, "%g seconds are no time", *times.Seconds)
	}
	t.broken = t.broken || err != nil
	return err
}

// farewell is how long a process may take to end a run.
const farewell = 10 * time.Second

func (t *peerTuner) Close() error {
	if t.broken {
		t.process.kill()
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	var reply timed
	if err := t.process.call(ctx, endRequest{Op: "end"}, &reply); err != nil || reply.Error != "" {
		t.process.kill() // the run is over and counts; the next one gets a new process
		return nil
	}
	t.contestant.give(t.process)
	return nil
}
