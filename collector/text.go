package collector

import (
	"bytes"

	"github.com/hone-tuner/hone"
)

// text reads name=value and name: value, several on a line, wherever they stand in it.
type text struct{ want *wanted }

// pieceLimit is how much of a line without end is looked at together.
const pieceLimit = 64 << 10

func (t *text) whole() (int, bool) { return pieceLimit, false }

// mark says which bytes may begin something: a separator, or the p in step and epoch.
var mark = [256]bool{'=': true, ':': true, 'p': true, 'P': true}

func (t *text) read(line []byte, says *said) {
	from := 0 // where the last value ended: no name reaches back across it
	separated := false
	for i := 0; i < len(line); {
		c := line[i]
		if !mark[c] {
			i++
			continue
		}
		if c == '=' || c == ':' {
			separated = true
			if end := t.pair(line, from, i, says); end > 0 {
				from, i = end, end
				continue
			}
		} else if start, end := stepWord(line, i); end > 0 {
			says.step.better(textStep(line, start, end))
		}
		i++
	}
	if says.step.rank == noStep {
		says.step = leading(line)
	}
	if !separated {
		t.alone(line, says)
	}
}

// pair reads the name before a separator and the value behind it. It returns where the value ends, 0 if
// they are none.
func (t *text) pair(line []byte, from, sep int, says *said) int {
	right := skipBlanks(line, sep+1)
	if right == len(line) || !startsValue(line[right]) || clock(line, from, sep) {
		return 0
	}
	v, n := value(line[right:])
	if n == 0 {
		return 0
	}
	left := sep
	if line[sep] == '=' && left > from && line[left-1] == ':' { // :=
		left--
	}
	for left > from && isBlank(line[left-1]) {
		left--
	}
	name, full := nameBefore(line, from, left)
	if len(name) == 0 {
		return 0
	}
	t.take(name, full, v, says)
	return right + n
}

// take puts in a reading if its metric is wanted.
func (t *text) take(name, before []byte, v float64, says *said) {
	metric, ok := t.want.phrase(before)
	if !ok {
		metric, ok = t.want.find(name)
	}
	if ok {
		says.readings = append(says.readings, reading{metric: metric, value: v})
		return
	}
	if says.names != nil && !says.names.full {
		says.names.add(bareName(name))
	}
}

// nameBefore returns the name that ends at end, and all of the line up to its end.
func nameBefore(line []byte, from, end int) (name, before []byte) {
	if end > from && (line[end-1] == '\'' || line[end-1] == '"' || line[end-1] == '`') {
		inside := line[max(from, end-2-hone.MetricLimit) : end-1]
		if start := bytes.LastIndexByte(inside, line[end-1]); start >= 0 {
			return plainName(inside[start+1:]), nil
		}
		end--
	}
	start := end
	for start > from && isName(line[start-1]) && end-start <= hone.MetricLimit {
		start--
	}
	if end-start > hone.MetricLimit || start > from && letterBefore(line[:start]) {
		return nil, nil // too long, or the end of a longer word in another script
	}
	return line[start:end], line[from:end]
}

// alone reads a line that is nothing but a name, blanks and a value.
func (t *text) alone(line []byte, says *said) {
	start := skipBlanks(line, 0)
	end := start
	for end < len(line) && isName(line[end]) {
		end++
	}
	right := skipBlanks(line, end)
	if end == start || right == end || right == len(line) || !startsNumber(line[right]) {
		return
	}
	if v, ok := wholeValue(line[right:]); ok {
		t.take(line[start:end], nil, v, says)
	}
}

// clock reports whether nothing but digits stands before a colon, as in 10:11:12.
func clock(line []byte, from, colon int) bool {
	if line[colon] != ':' {
		return false
	}
	i := colon
	for i > from && isDigit(line[i-1]) {
		i--
	}
	return i < colon && (i == from || !isName(line[i-1]) || line[i-1] == ':')
}

// startsValue rules out most of what is no value by its first byte: a number, a quote, or the name of a type.
func startsValue(c byte) bool {
	return startsNumber(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '\'' || c == '"' || c == '`'
}

func startsNumber(c byte) bool {
	switch c {
	case '+', '-', '.', 'n', 'N', 'i', 'I', 0xe2: // ∞
		return true
	}
	return isDigit(c)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func skipBlanks(line []byte, i int) int {
	for i < len(line) && isBlank(line[i]) {
		i++
	}
	return i
}
