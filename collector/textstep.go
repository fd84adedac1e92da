package collector

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// stepWord finds the word step or epoch around the p at i. end is 0 if there is none.
func stepWord(line []byte, i int) (start, end int) {
	switch {
	case i >= 3 && hasFold(line[i-3:], "step"):
		start, end = i-3, i+1
	case i >= 1 && hasFold(line[i-1:], "epoch"):
		start, end = i-1, i+4
	default:
		return 0, 0
	}
	if start > 0 && (isName(line[start-1]) && line[start-1] != ':' || letterBefore(line[:start])) {
		return 0, 0
	}
	if end < len(line) && isName(line[end]) && line[end] != ':' {
		return 0, 0
	}
	return start, end
}

// letterBefore reports whether b ends in a letter beyond ASCII.
func letterBefore(b []byte) bool {
	if b[len(b)-1] < utf8.RuneSelf {
		return false
	}
	r, _ := utf8.DecodeLastRune(b)
	return unicode.IsLetter(r)
}

// textStep reads the step that a word at line[start:end] gives: epoch=3, Epoch 3/10, Step [100/600],
// 'epoch': 3, Epoch(train) [1].
func textStep(line []byte, start, end int) step {
	if quantity(line[:start]) {
		return step{}
	}
	i, explicit := stepNumber(line, end)
	if i == len(line) || !isDigit(line[i]) && !explicit {
		return step{}
	}
	v, n := number(line[i:])
	rest := line[i+n:]
	if n == 0 || !endsStep(rest) {
		return step{}
	}
	rank := epochStep
	if end-start == len("step") {
		rank = stepStep
	}
	s, ok := newStep(v, line[i:i+n], rank)
	if !ok || s.point && !explicit {
		return step{}
	}
	s.weak = !explicit && rank == stepStep && !header(rest)
	return s
}

// stepNumber finds where the number behind the word should be, and tells whether = or : stands before it.
func stepNumber(line []byte, i int) (at int, explicit bool) {
	i = quote(line, i)
	if i < len(line) && line[i] == '(' { // (train)
		end := i + 1
		for end < len(line) && isWord(line[end]) {
			end++
		}
		if end < len(line) && line[end] == ')' {
			i = end + 1
		}
	}
	i = skipBlanks(line, i)
	if explicit = i < len(line) && (line[i] == '=' || line[i] == ':'); explicit {
		i = skipBlanks(line, i+1)
	}
	if i < len(line) && (line[i] == '[' || line[i] == '#' || line[i] == '(') {
		i = skipBlanks(line, i+1)
	}
	return quote(line, i), explicit
}

// endsStep reports whether what follows a number lets it be a step: a total, but no percentage.
func endsStep(rest []byte) bool {
	if len(rest) > 0 && (rest[0] == '/' || rest[0] == '%') {
		return rest[0] == '/'
	}
	return endsNumber(rest)
}

// header reports whether what follows "step 3" leaves it the progress of a training, and not a
// "step 3: download the data".
func header(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t")
	return len(rest) == 0 || bytes.IndexByte([]byte("/])|,;"), rest[0]) >= 0 || bytes.HasPrefix(rest, []byte("of "))
}

// quantity reports whether the word in front of step or epoch makes it a count: "per epoch", "max step".
func quantity(before []byte) bool {
	trimmed := bytes.TrimRight(before, " \t")
	if len(trimmed) == len(before) {
		return false
	}
	word := trimmed[bytes.LastIndexAny(trimmed, " \t([{,;|")+1:]
	for _, w := range []string{"per", "each", "every", "max", "maximum", "total", "warmup"} {
		if len(word) == len(w) && hasFold(word, w) {
			return true
		}
	}
	return false
}

// leading reads the iteration that boosting libraries begin a line with: [10] or 10: and a tab. Not with a
// blank: that is how the ranks of a distributed program are printed.
func leading(line []byte) step {
	i, closing := 0, byte(':')
	if len(line) > 0 && line[0] == '[' {
		i, closing = 1, ']'
	}
	end := digits(line, i)
	if end == i || end+1 >= len(line) || line[end] != closing || line[end+1] != '\t' {
		return step{}
	}
	v, _ := number(line[i:end])
	s, ok := newStep(v, nil, leadingStep)
	if !ok {
		return step{}
	}
	s.weak = true
	return s
}
