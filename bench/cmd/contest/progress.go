package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/hone-tuner/hone/bench/contest"
)

// progress shows how far a plan has come: on a terminal in one line that changes, elsewhere in a line now and then.
type progress struct {
	out    io.Writer
	live   bool
	last   time.Time
	failed int
}

func newProgress(out io.Writer) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, live: ok && isatty.IsTerminal(f.Fd())}
}

func (p *progress) update(now contest.Progress) {
	every := 20 * time.Second
	if p.live {
		every = 200 * time.Millisecond
	}
	if !now.Last.Good() {
		p.failed++
		p.clear()
		fmt.Fprintf(p.out, "%s on %s, seed %d: %s\n", now.Last.Contestant, now.Last.Problem, now.Last.Seed, now.Last.Error)
	}
	if now.Done < now.Total && time.Since(p.last) < every {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf("%d of %d runs, about %s left; last %s on %s", now.Done, now.Total, now.Left.Round(time.Second), now.Last.Contestant, now.Last.Problem)
	if p.failed > 0 {
		line += fmt.Sprintf("; %d did not count", p.failed)
	}
	p.clear()
	fmt.Fprint(p.out, line)
	if !p.live {
		fmt.Fprintln(p.out)
	}
}

func (p *progress) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func (p *progress) end() { p.clear() }
