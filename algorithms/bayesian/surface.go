package bayesian

import (
	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
)

// surface is a process over some trials of a history: those that were chosen at the refit, and those that
// finished since.
type surface struct {
	*gp.Posterior
	encoder *encoder
	counts  func(hone.Outcome) bool // whether a trial is one for this process
	refit   int                     // length of the history at the refit
	rows    []int                   // places in the history
	base    int                     // how many of them were chosen at the refit
}

func newSurface(e *encoder, hyper gp.Hyper, h hone.History, refit int, rows []int, counts func(hone.Outcome) bool) *surface {
	x := make([][]float64, len(rows))
	for k, i := range rows {
		x[k] = e.encode(h.At(i).Parameters)
	}
	return &surface{Posterior: gp.New(hyper, e.kinds, x, max(64, len(rows)/4)), encoder: e, counts: counts, refit: refit,
		rows: rows, base: len(rows)}
}

// follow brings the rows up to the history, which may be an older view than the last one.
func (s *surface) follow(h hone.History) {
	n := len(s.rows)
	for n > s.base && s.rows[n-1] >= h.Len() {
		n--
	}
	s.rows = s.rows[:n]
	s.Truncate(n)
	next := s.refit
	if n > s.base {
		next = s.rows[n-1] + 1
	}
	for i := next; i < h.Len(); i++ {
		if o := h.At(i); s.counts(o) {
			s.rows = append(s.rows, i)
			s.Append(s.encoder.encode(o.Parameters))
		}
	}
}
