package collector

import (
	"bytes"
	"strings"
	"time"
)

// jsonLines reads lines that are one JSON object each. Members of nested objects are named with a slash:
// {"val": {"loss": 0.3}} is val/loss, or val.loss where that is the wanted name.
type jsonLines struct{ want *wanted }

// objectLimit is the longest line that is read as JSON.
const objectLimit = 1 << 20

func (j *jsonLines) whole() (int, bool) { return objectLimit, true }

func (j *jsonLines) read(line []byte, says *said) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
	if len(line) == 0 {
		return
	}
	if line[0] != '{' {
		says.ignored = true
		return
	}
	o := object{jsonLines: j, says: says}
	s := scanner{b: line}
	if !s.object(nil, 0, o.member) || len(bytes.TrimSpace(s.b[s.i:])) > 0 {
		says.reset()
		says.ignored = true
		return
	}
	o.end()
}

// object gathers what the members of one object mean together.
type object struct {
	*jsonLines
	says      *said
	stepDepth [stepStep + 1]int // the depth of each step that was found, plus one
	steps     [stepStep + 1]step
	named     string // {"metric": …, "value": …}
	hasValue  bool
	value     float64
}

// member takes one member that is not an object.
func (o *object) member(path, key []byte, depth int, v token) {
	if depth == 0 && o.nameOrTime(key, v) {
		return
	}
	x, ok := v.number()
	if !ok {
		return
	}
	if isStepWord(key) {
		o.step(key, depth, x, v.text)
	}
	if depth == 0 && string(key) == "value" {
		o.value, o.hasValue = x, true
		if o.named != "" {
			return
		}
	}
	o.take(path, depth, x)
}

// nameOrTime takes the members that are about the others: time, timestamp, metric, name.
func (o *object) nameOrTime(key []byte, v token) bool {
	switch string(key) {
	case "time", "timestamp":
		t, ok := v.time()
		if ok {
			o.says.time = t
		}
		return ok
	case "metric", "name":
		if v.kind == stringToken && o.named == "" {
			o.named = string(v.text)
		}
		return v.kind == stringToken
	}
	return false
}

func (o *object) step(key []byte, depth int, x float64, text []byte) {
	rank := epochStep
	if len(key) == len("step") {
		rank = stepStep
	}
	if s, ok := newStep(x, text, rank); ok && (o.stepDepth[rank] == 0 || depth+1 < o.stepDepth[rank]) {
		o.steps[rank], o.stepDepth[rank] = s, depth+1
	}
}

func (o *object) take(path []byte, depth int, x float64) {
	name := plainName(path)
	metric, ok := o.want.find(name)
	if !ok && depth > 0 {
		metric, ok = o.want.find(bytes.ReplaceAll(name, []byte{'/'}, []byte{'.'}))
	}
	if ok {
		o.says.readings = append(o.says.readings, reading{metric: metric, value: x})
	} else if o.says.names != nil && !o.says.names.full {
		o.says.names.add(name)
	}
}

func (o *object) end() {
	for _, s := range o.steps {
		o.says.step.better(s)
	}
	if o.named != "" && o.hasValue {
		o.take([]byte(o.named), 0, o.value)
	}
}

// time reads a moment: RFC 3339, or the seconds, milliseconds, microseconds or nanoseconds since 1970.
// A time of day without a zone could be any moment, and small numbers are durations.
func (t token) time() (time.Time, bool) {
	if t.kind == stringToken {
		at, err := time.Parse(time.RFC3339Nano, strings.Replace(string(t.text), " ", "T", 1))
		return at.UTC(), err == nil && at.Year() >= 1970 && at.Year() <= 9999
	}
	x, ok := t.number()
	if !ok || t.kind != numberToken {
		return time.Time{}, false
	}
	for _, unit := range []float64{1, 1e3, 1e6, 1e9} {
		if seconds := x / unit; seconds >= 1e9 && seconds < 1e10 {
			whole := int64(seconds)
			return time.Unix(whole, int64((seconds-float64(whole))*1e9)).UTC(), true
		}
	}
	return time.Time{}, false
}
