package collector

import (
	"bytes"
	"encoding/json"

	"github.com/hone-tuner/hone"
)

// tokenKind tells what a JSON value is; objects and arrays are none of these.
type tokenKind int

const (
	otherToken tokenKind = iota // true, false, null
	numberToken
	stringToken
)

// token is a value without members: a string as it reads, anything else as it is written.
type token struct {
	kind tokenKind
	text []byte
}

// number returns the token's value. Strings that are all number count: "0.3", "NaN".
func (t token) number() (float64, bool) {
	if t.kind == otherToken {
		return 0, false
	}
	if t.kind == numberToken {
		v, n := number(t.text)
		return v, n > 0
	}
	return wholeValue(t.text)
}

// maxDepth is how deep objects and arrays may be nested.
const maxDepth = 64

// scanner reads JSON as programs write it: also NaN, Infinity and -Infinity, which Python's json does.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\t') {
		s.i++
	}
}

func (s *scanner) accept(c byte) bool {
	s.space()
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// memberFunc takes a member: its name with those of all objects around it, its own, how deep it is.
type memberFunc func(path, key []byte, depth int, t token)

// object reads an object and calls member for everything in it that has no members itself. It returns false where the text is no JSON.
func (s *scanner) object(path []byte, depth int, member memberFunc) bool {
	if depth >= maxDepth || !s.accept('{') {
		return false
	}
	if s.accept('}') {
		return true
	}
	for {
		s.space()
		key, ok := s.string()
		if !ok || !s.accept(':') {
			return false
		}
		if !s.value(joinPath(path, key, depth), key, depth, member) {
			return false
		}
		if s.accept('}') {
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

func joinPath(path, key []byte, depth int) []byte {
	if depth == 0 {
		return key
	}
	joined := make([]byte, 0, len(path)+1+len(key))
	return append(append(append(joined, path...), '/'), key...)
}

func (s *scanner) value(path, key []byte, depth int, member memberFunc) bool {
	s.space()
	if s.i == len(s.b) {
		return false
	}
	if len(path) > 4*hone.MetricLimit {
		member = nil // no metric's name is that long
	}
	switch s.b[s.i] {
	case '{':
		return s.object(path, depth+1, member)
	case '[':
		return s.array(depth + 1)
	}
	t, ok := s.token()
	if ok && member != nil {
		member(path, key, depth, t)
	}
	return ok
}

// array skips an array: which of its values would be the metric?
func (s *scanner) array(depth int) bool {
	if depth >= maxDepth || !s.accept('[') {
		return false
	}
	if s.accept(']') {
		return true
	}
	for {
		if !s.value(nil, nil, depth, nil) {
			return false
		}
		if s.accept(']') {
			return true
		}
		if !s.accept(',') {
			return false
		}
	}
}

func (s *scanner) token() (token, bool) {
	if s.b[s.i] == '"' {
		text, ok := s.string()
		return token{stringToken, text}, ok
	}
	start := s.i
	for s.i < len(s.b) && (isWord(s.b[s.i]) || s.b[s.i] == '+' || s.b[s.i] == '-' || s.b[s.i] == '.') {
		s.i++
	}
	text := s.b[start:s.i]
	switch string(text) {
	case "true", "false", "null":
		return token{otherToken, text}, true
	}
	_, n := number(text)
	return token{numberToken, text}, n > 0 && n == len(text)
}

// string reads a string. Most have no escapes and cost nothing.
func (s *scanner) string() ([]byte, bool) {
	if s.i == len(s.b) || s.b[s.i] != '"' {
		return nil, false
	}
	start := s.i
	escaped := false
	for i := start + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			s.i = i + 1
			text := s.b[start+1 : i]
			if !escaped {
				return text, true
			}
			var unescaped string
			err := json.Unmarshal(bytes.ToValidUTF8(s.b[start:s.i], []byte("\ufffd")), &unescaped)
			return []byte(unescaped), err == nil
		}
	}
	return nil, false
}
