package contest

import (
	"fmt"
	"math"
	"slices"
)

// Plot is a drawing of a report.
type Plot struct {
	// Name is that of its file, without folder and ending.
	Name string
	// Title says what is to be seen.
	Title string
	SVG   string
}

// Plots draws, for each sub-table, the regret over the trials and the ranks. The names of their files end in a suffix.
func (r Report) Plots(suffix string) []Plot {
	var plots []Plot
	for _, s := range r.sections() {
		long := s.board.Long(r.last())
		if len(long.Tasks) == 0 || r.last() == 0 { // there is no axis for budgets of all sizes
			continue
		}
		plots = append(plots,
			Plot{fmt.Sprintf("regret-%s-%s", s.kind, suffix), s.title + ": mean normalized regret over the trials, with 95 % confidence bands", r.regretPlot(long)},
			Plot{fmt.Sprintf("ranks-%s-%s", s.kind, suffix), fmt.Sprintf("%s: average rank after %s, with 95 %% intervals", s.title, trials(r.last())), r.rankPlot(long)})
	}
	return plots
}

// drawn are the contestants of the plots of regret: the best, and the base.
func (r Report) drawn(b Board) []string {
	var names []string
	for _, rank := range b.Ranks(r.last()) {
		names = append(names, rank.Name)
	}
	most := len(palette())
	if i := slices.Index(names, r.Base); i >= most {
		names[most-1] = r.Base
	}
	return names[:min(most, len(names))]
}

// Sizes of the plots, in pixels.
const (
	panelWidth, panelHeight = 270.0, 190.0
	panelsInRow             = 3
	marginLeft, marginTop   = 38.0, 22.0
	marginRight             = 12.0
	marginBottom            = 28.0
	rowHeight               = 22.0
	entryWidth              = 190.0
)

// regretPlot has a panel for each group, and one for all.
func (r Report) regretPlot(b Board) string {
	names := r.drawn(b)
	titles, boards := []string{fmt.Sprintf("all (%d problems)", len(b.Tasks))}, []Board{b}
	for _, group := range b.Groups() {
		in := b.In(group)
		titles, boards = append(titles, fmt.Sprintf("%s (%d)", group, len(in.Tasks))), append(boards, in)
	}
	rows := (len(boards) + panelsInRow - 1) / panelsInRow
	columns := min(len(boards), panelsInRow)
	width := float64(columns) * panelWidth
	entries := int(width / entryWidth) // of the legend in a row
	legendRows := (len(names) + entries - 1) / entries
	s := &svg{width: width, height: float64(rows)*panelHeight + float64(legendRows)*rowHeight}
	for i, in := range boards {
		p := panel{svg: s, x: float64(i%panelsInRow) * panelWidth, y: float64(i/panelsInRow) * panelHeight, trials: r.last(), names: names}
		p.draw(titles[i], in)
	}
	for i, name := range names {
		x := float64(i%entries)*entryWidth + marginLeft
		y := float64(rows)*panelHeight + float64(i/entries)*rowHeight + 8
		s.line(lineClass(i, name, b), x, y, x+18, y)
		s.text(x+24, y+4, "", "", name)
	}
	return s.String()
}

// lineClass makes Hone's own lines wider.
func lineClass(i int, name string, b Board) string {
	class := fmt.Sprintf("l c%d", i)
	if runs := b.Tasks[0].Runs[name]; runs[0].Own {
		class += " w"
	}
	return class
}

// panel is one of several plots in a drawing.
type panel struct {
	*svg
	x, y   float64 // of its upper left corner
	trials int
	names  []string
	floor  float64 // the least and the greatest regret that are shown, as decimal logarithms
	top    float64
}

// points are how many places a curve is drawn through.
const points = 25

func (p *panel) draw(title string, b Board) {
	curves := make([]bands, len(p.names))
	p.floor, p.top = 0, 0
	for i, name := range p.names {
		curves[i] = newBands(b, name, p.trials)
		for _, v := range curves[i].mean {
			p.floor = min(p.floor, math.Log10(max(v, solved)))
			p.top = max(p.top, math.Log10(max(v, solved)))
		}
	}
	p.floor, p.top = max(math.Floor(p.floor*4)/4, p.top-9), min(p.top, 0.5)
	p.text(p.x+marginLeft, p.y+14, "", "", title)
	p.grid()
	for i := range curves { // bands first, so that they cover no line
		p.path(fmt.Sprintf("b f%d", i), true, p.outline(curves[i]))
	}
	for i, name := range p.names {
		p.path(lineClass(i, name, b), false, p.curve(curves[i].at, curves[i].mean))
	}
}

// grid draws the decades and the numbers of trials.
func (p *panel) grid() {
	left, right := p.x+marginLeft, p.x+panelWidth-marginRight
	bottom := p.y + panelHeight - marginBottom
	ticks := 0
	for decade := math.Ceil(p.floor); decade <= p.top; decade++ {
		p.tick(left, right, decade, math.Pow(10, decade))
		ticks++
	}
	if ticks < 2 {
		for _, v := range []float64{0.5, 0.2, 0.05, 0.02} {
			if l := math.Log10(v); l > p.floor && l < p.top {
				p.tick(left, right, l, v)
			}
		}
	}
	for _, share := range []float64{0, 0.5, 1} {
		n := max(1, math.Round(share*float64(p.trials)))
		p.text(p.across(n), bottom+14, "m", "middle", fmt.Sprint(n))
	}
}

func (p *panel) tick(left, right, log, value float64) {
	y := p.down(log)
	p.line("g", left, y, right, y)
	p.text(left-4, y+4, "m", "end", fmt.Sprintf("%.3g", value))
}

func (p *panel) across(trial float64) float64 {
	return p.x + marginLeft + (panelWidth-marginLeft-marginRight)*(trial-1)/math.Max(1, float64(p.trials-1))
}

func (p *panel) down(log float64) float64 {
	log = min(max(log, p.floor), p.top)
	return p.y + marginTop + (panelHeight-marginTop-marginBottom)*(p.top-log)/max(p.top-p.floor, 1e-9)
}

func (p *panel) curve(at []int, values []float64) [][2]float64 {
	out := make([][2]float64, len(at))
	for i, n := range at {
		out[i] = [2]float64{p.across(float64(n)), p.down(math.Log10(max(values[i], solved)))}
	}
	return out
}

// outline goes along the upper end of a band and back along the lower.
func (p *panel) outline(b bands) [][2]float64 {
	back := p.curve(b.at, b.low)
	slices.Reverse(back)
	return append(p.curve(b.at, b.high), back...)
}

// bands is a curve of mean regret with its 95 % confidence interval: how far it would be off with other seeds on the
// same problems.
type bands struct {
	at              []int
	mean, low, high []float64
}

func newBands(b Board, name string, trials int) bands {
	var out bands
	for i := range points {
		n := 1 + int(math.Round(float64(i)*float64(trials-1)/(points-1)))
		if len(out.at) > 0 && out.at[len(out.at)-1] == n {
			continue
		}
		middle, variance := 0.0, 0.0
		for _, t := range b.Tasks {
			m, v := t.spread(name, n)
			middle, variance = middle+m, variance+v
		}
		count := float64(len(b.Tasks))
		middle, half := middle/count, 1.96*math.Sqrt(variance)/count
		out.at = append(out.at, n)
		out.mean, out.low, out.high = append(out.mean, middle), append(out.low, middle-half), append(out.high, middle+half)
	}
	return out
}

// spread is the mean over the seeds and the variance of that mean. A regret above 1 counts as 1 here: at the beginning, one
// bad point would hide everything else.
func (s Scored) spread(name string, n int) (middle, variance float64) {
	runs := s.Runs[name]
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = min(r.After(n), 1)
	}
	middle = mean(values)
	if len(values) < 2 {
		return middle, 0
	}
	for _, v := range values {
		variance += (v - middle) * (v - middle)
	}
	k := float64(len(values))
	return middle, variance / (k - 1) / k
}

// rankPlot has a row for each contestant: its mean rank and the interval.
func (r Report) rankPlot(b Board) string {
	ranks := b.Ranks(r.last())
	const left, width = 150.0, 420.0
	s := &svg{width: left + width + 30, height: rowHeight*float64(len(ranks)) + 40}
	across := func(rank float64) float64 {
		return left + width*(rank-1)/math.Max(1, float64(len(ranks)-1))
	}
	bottom := rowHeight*float64(len(ranks)) + 12
	for place := range len(ranks) {
		x := across(float64(place + 1))
		s.line("g", x, 6, x, bottom)
		s.text(x, bottom+16, "m", "middle", fmt.Sprint(place+1))
	}
	for i, rank := range ranks {
		y := rowHeight*float64(i) + 18
		colour := 1
		if b.Tasks[0].Runs[rank.Name][0].Own {
			colour = 0
		}
		s.text(left-14, y+4, "", "end", rank.Name)
		s.line(fmt.Sprintf("l w c%d", colour), across(rank.Low), y, across(rank.High), y)
		s.dot(fmt.Sprintf("f%d", colour), across(rank.Mean), y)
	}
	return s.String()
}
