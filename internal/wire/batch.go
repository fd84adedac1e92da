package wire

import (
	"bytes"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
	"unsafe"

	hone "github.com/hone-tuner/hone"
)

// Readings come by the hundred thousand a second, and encoding/json takes five microseconds for each. decodePlain
// reads the plain form of a batch, the one that programs write. It gives up on everything else (escapes in
// texts, null, unknown or repeated fields, every mistake), which is then read the long way: what it takes, the long
// way takes too, and as the same.
func decodePlain(body []byte, number int) (hone.Batch, bool) {
	p := plain{data: body}
	b := p.batch()
	b.Number = number
	p.space()
	return b, !p.odd && p.at == len(body)
}

// plain reads JSON from left to right until something is odd.
type plain struct {
	data  []byte
	at    int
	odd   bool
	steps []int64 // room for the steps of readings
	last  string  // the newest name of a metric: the next one is most likely the same
}

func (p *plain) batch() (b hone.Batch) {
	seen := 0
	once := func(bit int) {
		p.odd = p.odd || seen&bit != 0
		seen |= bit
	}
	p.members(func(key []byte) {
		switch string(key) {
		case "attempt":
			once(1)
			attempt := p.whole()
			p.odd = p.odd || attempt < 0 || int64(int(attempt)) != attempt
			b.Attempt = int(attempt)
		case "source":
			once(2)
			b.Source = string(p.text())
		case "sequence":
			once(4)
			b.Sequence = p.whole()
			p.odd = p.odd || b.Sequence < 0
		case "measurements":
			once(8)
			b.Measurements = p.readings()
		default:
			p.odd = true
		}
	})
	if b.Measurements == nil {
		b.Measurements = []hone.Measurement{}
	}
	return b
}

func (p *plain) readings() []hone.Measurement {
	most := bytes.Count(p.data[p.at:], []byte{'{'})
	all := make([]hone.Measurement, 0, most)
	p.steps = make([]int64, 0, most)
	if p.must('['); p.take(']') {
		return all
	}
	for !p.odd {
		all = append(all, p.reading())
		if !p.take(',') {
			p.must(']')
			break
		}
	}
	return all
}

func (p *plain) reading() (m hone.Measurement) {
	seen := 0
	p.members(func(key []byte) {
		bit := 0
		switch string(key) {
		case "metric":
			bit = 1
			m.Metric = p.metric()
		case "value":
			bit = 2
			m.Value = p.value()
		case "step":
			bit = 4
			p.steps = append(p.steps, p.whole())
			m.Step = &p.steps[len(p.steps)-1]
		case "time":
			bit = 8
			m.Time = p.time()
		}
		p.odd = p.odd || bit == 0 || seen&bit != 0
		seen |= bit
	})
	p.odd = p.odd || seen&3 != 3
	return m
}

// members reads an object, calling read for what follows each key.
func (p *plain) members(read func(key []byte)) {
	p.must('{')
	if p.take('}') {
		return
	}
	for !p.odd {
		key := p.text()
		p.must(':')
		if p.odd {
			return
		}
		if read(key); !p.take(',') {
			p.must('}')
			return
		}
	}
}

func (p *plain) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\n', '\t', '\r':
			p.at++
		default:
			return
		}
	}
}

// take goes over a character if it is the next one.
func (p *plain) take(c byte) bool {
	if p.space(); p.odd || p.at >= len(p.data) || p.data[p.at] != c {
		return false
	}
	p.at++
	return true
}

func (p *plain) must(c byte) { p.odd = !p.take(c) || p.odd }

// text reads a string without escapes.
func (p *plain) text() []byte {
	if p.must('"'); p.odd {
		return nil
	}
	n := bytes.IndexByte(p.data[p.at:], '"')
	if n < 0 {
		p.odd = true
		return nil
	}
	text := p.data[p.at : p.at+n]
	p.at += n + 1
	ascii := true
	for _, c := range text {
		if c < ' ' || c == '\\' {
			p.odd = true
			return nil
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	p.odd = !ascii && !utf8.Valid(text)
	return text
}

func (p *plain) metric() string {
	text := p.text()
	p.odd = p.odd || len(text) == 0 || len(text) > hone.MetricLimit
	if string(text) != p.last {
		p.last = string(text)
	}
	return p.last
}

func (p *plain) value() hone.Float {
	if p.space(); p.at < len(p.data) && p.data[p.at] == '"' {
		switch string(p.text()) {
		case "NaN":
			return hone.Float(math.NaN())
		case "Infinity", "+Infinity":
			return hone.Float(math.Inf(1))
		case "-Infinity":
			return hone.Float(math.Inf(-1))
		}
		p.odd = true
		return 0
	}
	number, _ := p.number()
	x, err := strconv.ParseFloat(number, 64)
	p.odd = p.odd || err != nil
	return hone.Float(x)
}

// whole reads a number without a fraction and an exponent.
func (p *plain) whole() int64 {
	number, whole := p.number()
	n, err := strconv.ParseInt(number, 10, 64)
	p.odd = p.odd || !whole || err != nil
	return n
}

func (p *plain) time() (t time.Time) {
	p.odd = t.UnmarshalText(p.text()) != nil || p.odd
	return t
}

// number finds the end of a number, by the grammar of JSON. The text is a part of the body and lives no longer.
func (p *plain) number() (text string, whole bool) {
	p.space()
	start := p.at
	p.skip('-', '-')
	if p.skip('0', '0') == 0 { // nothing but a point or an exponent follows a leading 0
		p.odd = p.skip('1', '9') == 0 || p.odd
		p.skip('0', '9')
	}
	return p.fraction(start)
}

// skip goes over characters of a range: over one of a single character, over all of several.
func (p *plain) skip(from, to byte) (n int) {
	for p.at < len(p.data) && p.data[p.at] >= from && p.data[p.at] <= to {
		p.at++
		if n++; from == to {
			break
		}
	}
	return n
}

// fraction goes over what may follow the whole part of a number.
func (p *plain) fraction(start int) (text string, whole bool) {
	whole = true
	if p.skip('.', '.') == 1 {
		whole = false
		p.odd = p.skip('0', '9') == 0 || p.odd
	}
	if p.skip('e', 'e')+p.skip('E', 'E') == 1 {
		whole = false
		if p.skip('+', '+') == 0 {
			p.skip('-', '-')
		}
		p.odd = p.skip('0', '9') == 0 || p.odd
	}
	digits := p.data[start:p.at]
	return unsafe.String(unsafe.SliceData(digits), len(digits)), whole
}
