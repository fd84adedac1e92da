package collector

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector/promtext"
)

const (
	// scrapeLimit is how much of an answer is read.
	scrapeLimit = 16 << 20
	// scrapePatience is for one scrape, and lastPatience for the one after the end, when the program is gone as a
	// rule.
	scrapePatience = 5 * time.Second
	lastPatience   = time.Second
	// firstScrapes is the time between two tries until the program answers.
	firstScrapes = 200 * time.Millisecond
)

// scraped is a reading that was handed over.
type scraped struct {
	Value hone.Float `json:"value"`
	Step  *int64     `json:"step,omitempty"`
}

func (s scraped) same(o scraped) bool {
	steps := s.Step == nil && o.Step == nil || s.Step != nil && o.Step != nil && *s.Step == *o.Step
	return steps && (s.Value == o.Value || s.Value != s.Value && o.Value != o.Value) // NaN is NaN
}

// scraper asks an endpoint again and again and hands over what has changed.
type scraper struct {
	http   *http.Client
	url    string
	sink   hone.Sink
	clock  hone.Clock
	wanted *wanted
	names  names

	known   map[string]scraped // by metric; it is the cursor
	met     bool               // the endpoint has answered
	problem error              // why the last try failed
}

func (c *Collector) scrape(ctx context.Context, what hone.Collection, ended <-chan struct{}, sink hone.Sink, seen hone.Seen) (hone.Seen, error) {
	address, err := what.Spec.ScrapeURL()
	if err != nil {
		return seen, err
	}
	s := &scraper{http: scrapeClient(), url: address.String(), sink: sink, clock: c.clock, wanted: newWanted(what),
		names: names{objective: what.Objective}, known: map[string]scraped{}}
	defer s.http.CloseIdleConnections()
	if what.Resume != nil {
		if data := what.Resume(hone.SourcePrometheus); len(data) > 0 {
			if err := json.Unmarshal(data, &s.known); err != nil {
				return seen, hone.Errorf(hone.DataLoss,
					"where collecting stopped cannot be read (%q): it was stored by another version, or the store is damaged", data)
			}
		}
	}
	interval := time.Duration(what.Spec.Interval)
	if interval <= 0 {
		interval = hone.DefaultScrape
	}
	next := func(bool) time.Duration {
		if !s.met {
			return min(interval, firstScrapes)
		}
		return interval
	}
	err = poll(ctx, s, ended, min(interval, firstScrapes), next)
	seen.Names = s.names.list()
	seen.Look = otherwise(seen.Look, s.hint())
	return seen, err
}

// scrapeClient asks no proxy, and goes nowhere else.
func scrapeClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConns: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// hint says that the program was never reached; "" if it was.
func (s *scraper) hint() string {
	if s.met || s.problem == nil {
		return ""
	}
	return fmt.Sprintf("%s was never scraped: %v. metrics.path names the port that the program listens on, and it must do so until its last reading.",
		s.url, s.problem)
}

// poll scrapes once. A program that does not answer may do so later, and does no more when it has ended.
func (s *scraper) poll(ctx context.Context, final bool) (progress bool, err error) {
	patience := scrapePatience
	if final {
		patience = lastPatience
	}
	round := newRound(s.wanted)
	if err := s.get(ctx, patience, round.take); err != nil {
		if !s.met {
			s.problem = err
		}
		return false, ctx.Err()
	}
	s.met = true
	ms := round.readings(s.clock(), &s.names)
	ms = slices.DeleteFunc(ms, func(m hone.Measurement) bool { return !s.changed(m) })
	if len(ms) == 0 {
		return false, nil
	}
	cursor, err := json.Marshal(s.known)
	if err != nil {
		return false, err
	}
	return true, s.sink(ctx, hone.SourcePrometheus, cursor, ms)
}

// changed notes a reading; false if it is the same as before.
func (s *scraper) changed(m hone.Measurement) bool {
	now := scraped{Value: m.Value, Step: m.Step}
	if before, found := s.known[m.Metric]; found && before.same(now) {
		return false
	}
	s.known[m.Metric] = now
	return true
}

func (s *scraper) get(ctx context.Context, patience time.Duration, take func(promtext.Sample)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/plain;version=0.0.4;q=1,*/*;q=0.1")
	resp, err := s.http.Do(req)
	if err != nil {
		return errors.Unwrap(err) // without the address, which is said elsewhere
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return errors.New("it answered " + resp.Status)
	}
	return promtext.Read(io.LimitReader(resp.Body, scrapeLimit), take)
}

// round is one scrape.
type round struct {
	wanted *wanted
	found  map[string]candidate // by metric
	steps  [steps]candidate
	other  [][]byte // names that are not wanted, a few
}

// candidate is the series that means a metric best so far.
type candidate struct {
	fit    fit
	series string // its whole name
	value  float64
	time   time.Time
	others bool // another one fits as well
}

// fit tells how well a series is named by a metric.
type fit int

const (
	noFit    fit = iota
	nameFit      // by its name alone: loss
	labelFit     // by its name and one of its labels: loss_phase_val
	wholeFit     // by its name and all of its labels
)

// stepOf tells which gauge tells the step, the lowest first; -1 for those that do not.
func stepOf(name []byte) int {
	switch string(name) {
	case "step":
		return 0
	case "global_step":
		return 1
	case "epoch":
		return steps - 1
	}
	return -1
}

// steps is how many names of steps there are.
const steps = 3

func newRound(w *wanted) *round { return &round{wanted: w, found: map[string]candidate{}} }

// take looks at one series.
func (r *round) take(s promtext.Sample) {
	whole := bytes.Clone(s.Name)
	if i := stepOf(s.Name); i >= 0 {
		r.steps[i] = r.steps[i].or(candidate{fit: wholeFit, series: seriesName(s), value: s.Value})
	}
	named := false // more closely than by the name alone
	try := func(name []byte, f fit) {
		if m, ok := r.wanted.names[string(plainName(name))]; ok {
			named = named || f > nameFit
			r.found[m] = r.found[m].or(candidate{fit: f, series: seriesName(s), value: s.Value, time: s.Time})
		}
	}
	for _, l := range s.Labels {
		whole = slices.Concat(whole, []byte{'_'}, l.Name, []byte{'_'}, l.Value)
		if len(s.Labels) > 1 {
			try(slices.Concat(s.Name, []byte{'_'}, l.Name, []byte{'_'}, l.Value), labelFit)
		}
	}
	try(whole, wholeFit)
	if len(s.Labels) > 0 {
		try(s.Name, nameFit)
	}
	if !named && len(r.other) < maxKnown {
		r.other = append(r.other, bytes.Clone(plainName(whole)))
	}
}

// seriesName tells a series from others in a scrape.
func seriesName(s promtext.Sample) string {
	out := slices.Clone(s.Name)
	for _, l := range s.Labels {
		out = slices.Concat(out, []byte{0}, l.Name, []byte{0}, l.Value)
	}
	return string(out)
}

// or keeps the better of two. Two that are as good leave it open.
func (c candidate) or(o candidate) candidate {
	switch {
	case o.fit > c.fit:
		return o
	case o.fit == c.fit && o.series != c.series:
		c.others = true
	case o.fit == c.fit:
		o.others = c.others
		return o
	}
	return c
}

// readings are those of the scrape. Where a metric means several series, it is none of them.
func (r *round) readings(now time.Time, unwanted *names) (ms []hone.Measurement) {
	for _, name := range r.other {
		unwanted.add(name)
	}
	var at *int64
	for _, c := range r.steps {
		if st, ok := newStep(c.value, nil, stepStep); at == nil && c.fit != noFit && !c.others && ok && !st.fraction {
			at = &st.n
		}
	}
	for metric, c := range r.found {
		if c.others {
			unwanted.add([]byte(metric))
			continue
		}
		m := hone.Measurement{Metric: metric, Value: hone.Float(c.value), Step: at, Time: now}
		if !c.time.IsZero() {
			m.Time = c.time
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b hone.Measurement) int { return bytes.Compare([]byte(a.Metric), []byte(b.Metric)) })
	return ms
}
