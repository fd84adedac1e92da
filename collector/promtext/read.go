package promtext

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"
)

// maxLine is the longest line that is read; longer ones are passed over.
const maxLine = 64 << 10

// Sample is one value of one series. It is good until Read goes on.
type Sample struct {
	Name   []byte
	Labels []Label
	Value  float64
	// Time is zero where the program gives none.
	Time time.Time
}

// Label is one label of a series, its value without quotes and escapes.
type Label struct{ Name, Value []byte }

// Read calls f for each sample, in their order. The error is that of the reader.
func Read(r io.Reader, f func(Sample)) error {
	in := bufio.NewReaderSize(r, maxLine)
	var labels []Label
	for {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if err = skip(in); err == nil {
				continue
			}
			line = nil
		}
		var s Sample
		s.Labels = labels[:0]
		if s.parse(bytes.TrimSpace(line)) {
			f(s)
		}
		labels = s.Labels
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// skip goes to the next line.
func skip(in *bufio.Reader) error {
	for {
		_, err := in.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// parse reads one line: name{label="value",…} value [time] [# exemplar].
func (s *Sample) parse(line []byte) bool {
	if len(line) == 0 || line[0] == '#' {
		return false
	}
	line, ok := s.series(line)
	if !ok {
		return false
	}
	value, rest := word(line)
	x, err := strconv.ParseFloat(string(value), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return false
	}
	s.Value = x
	if at, _ := word(rest); len(at) > 0 && at[0] != '#' {
		s.Time, ok = moment(at)
	}
	return ok
}

// series reads the name and the labels of a line.
func (s *Sample) series(line []byte) (rest []byte, ok bool) {
	n := 0
	for n < len(line) && isName(line[n]) {
		n++
	}
	s.Name, rest = line[:n], line[n:]
	if blank := bytes.TrimLeft(rest, " \t"); len(blank) > 0 && blank[0] == '{' {
		rest, ok = s.labels(blank[1:])
		return rest, ok && len(s.Name) > 0
	}
	apart := len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t')
	return rest, apart && len(s.Name) > 0 && (s.Name[0] < '0' || s.Name[0] > '9')
}

// labels reads labels up to the closing brace. A quoted text without a value is the name of the metric.
func (s *Sample) labels(in []byte) (rest []byte, ok bool) {
	for {
		in = bytes.TrimLeft(in, " \t,")
		if len(in) == 0 {
			return nil, false
		}
		if in[0] == '}' {
			return in[1:], true
		}
		var l Label
		if in[0] == '"' {
			if l.Name, in, ok = quoted(in); !ok {
				return nil, false
			}
		} else {
			n := bytes.IndexAny(in, "= \t,}")
			if n <= 0 {
				return nil, false
			}
			l.Name, in = in[:n], in[n:]
		}
		in = bytes.TrimLeft(in, " \t")
		if len(in) == 0 || in[0] != '=' {
			if len(s.Name) > 0 || len(in) == 0 {
				return nil, false
			}
			s.Name = l.Name
			continue
		}
		if l.Value, in, ok = quoted(bytes.TrimLeft(in[1:], " \t")); !ok {
			return nil, false
		}
		s.Labels = append(s.Labels, l)
	}
}

// quoted reads a text in quotes.
func quoted(in []byte) (text, rest []byte, ok bool) {
	if len(in) == 0 || in[0] != '"' {
		return nil, nil, false
	}
	in = in[1:]
	if n := bytes.IndexAny(in, `"\`); n >= 0 && in[n] == '"' {
		return in[:n], in[n+1:], true
	}
	for i := 0; i < len(in); i++ {
		switch {
		case in[i] == '"':
			return text, in[i+1:], true
		case in[i] == '\\' && i+1 < len(in):
			if i++; in[i] == 'n' {
				text = append(text, '\n')
				continue
			}
		}
		text = append(text, in[i])
	}
	return nil, nil, false
}

// word cuts off the first word.
func word(in []byte) (first, rest []byte) {
	in = bytes.TrimLeft(in, " \t")
	if n := bytes.IndexAny(in, " \t"); n >= 0 {
		return in[:n], in[n:]
	}
	return in, nil
}

// moment reads a time: whole milliseconds since 1970 or, as OpenMetrics has it, seconds with a fraction.
func moment(text []byte) (time.Time, bool) {
	const (
		millisecondsSince = 1e11 // in seconds, that would be in the year 5138
		latest            = 253402300800
	)
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return time.Time{}, false
	}
	if x > millisecondsSince {
		x /= 1000
	}
	if !(x > 0 && x < latest) {
		return time.Time{}, true // it is of no use, but the value is
	}
	return time.UnixMicro(int64(x * 1e6)).UTC(), true
}

// isName reports whether a byte can be part of a name that stands without quotes.
func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == ':'
}
