package collector

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
)

// pattern reads lines by an expression of the user's, with the groups name, value and, perhaps, step.
type pattern struct {
	want              *wanted
	re                *regexp.Regexp
	name, value, step int // groups; step is -1 where there is none
	// needles: a line without any of them has no reading.
	needles [][]byte
}

func newPattern(w *wanted, expression string) (*pattern, error) {
	re, err := regexp.Compile(expression)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "spec.metrics.pattern is not an RE2 expression: %w", err)
	}
	p := &pattern{want: w, re: re, name: re.SubexpIndex("name"), value: re.SubexpIndex("value"), step: re.SubexpIndex("step")}
	for name := range w.names {
		words := strings.Split(name, "_") // which may stand for another character
		slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
		p.needles = append(p.needles, []byte(words[0]))
	}
	if p.name < 0 || p.value < 0 {
		return nil, hone.Errorf(hone.InvalidArgument, "spec.metrics.pattern %q needs the groups (?P<name>…) and (?P<value>…)", expression)
	}
	return p, nil
}

func (p *pattern) whole() (int, bool) { return pieceLimit, false }

func (p *pattern) read(line []byte, says *said) {
	if p.step < 0 && says.names.enough(len(line)) && !slices.ContainsFunc(p.needles, func(n []byte) bool { return bytes.Contains(line, n) }) {
		return
	}
	for _, at := range p.re.FindAllSubmatchIndex(line, -1) {
		own := p.stepOf(line, at)
		says.step.better(own)
		v, ok := wholeValue(group(line, at, p.value))
		if !ok {
			continue
		}
		name := plainName(bytes.TrimSpace(group(line, at, p.name)))
		metric, ok := p.want.find(name)
		if !ok {
			says.names.add(name)
			continue
		}
		says.readings = append(says.readings, reading{metric: metric, value: v, step: own})
	}
}

func (p *pattern) stepOf(line []byte, at []int) step {
	if p.step < 0 {
		return step{}
	}
	text := group(line, at, p.step)
	v, n := number(text)
	if n == 0 || n != len(text) {
		return step{}
	}
	s, ok := newStep(v, text, stepStep)
	if !ok {
		return step{}
	}
	return s
}

func group(line []byte, at []int, i int) []byte {
	if at[2*i] < 0 {
		return nil
	}
	return line[at[2*i]:at[2*i+1]]
}
