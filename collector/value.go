package collector

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// endsNumber reports whether what follows a number lets it be one: not 3rd, 1.2.3, 2024-01-02, 12:30.
func endsNumber(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	next := byte(' ')
	if len(b) > 1 {
		next = b[1]
	}
	switch c := b[0]; c {
	case '.', '-':
		return !isWord(next)
	case ':', '/':
		return !isDigit(next)
	case '=', '@', '*', '^', '#':
		return false
	case '%':
		return !isWord(next)
	default:
		if c >= utf8.RuneSelf {
			r, _ := utf8.DecodeRune(b)
			return !unicode.IsLetter(r)
		}
		return !isWord(c)
	}
}

// value reads a metric's value at the start of b: a number, perhaps in quotes, in percent (97.5% is 97.5), as
// a ratio (45/50 is 0.9), or inside what Python prints around one (np.float64(0.3), tensor(0.3)). It returns
// its length, 0 if there is none.
func value(b []byte) (float64, int) {
	i := quote(b, 0)
	v, n := number(b[i:])
	if n == 0 {
		if i = wrapper(b, i); i == 0 {
			return 0, 0
		}
		i = quote(b, i)
		if v, n = number(b[i:]); n == 0 {
			return 0, 0
		}
	}
	i += n
	if i+1 < len(b) && b[i] == '/' && isDigit(b[i+1]) {
		total, n := number(b[i+1:])
		if total == 0 {
			return 0, 0
		}
		v /= total
		i += 1 + n
		if i < len(b) && b[i] == '/' {
			return 0, 0 // 2024/01/02
		}
	}
	if !endsNumber(b[i:]) {
		return 0, 0
	}
	if i < len(b) && b[i] == '%' {
		i++
	}
	return v, i
}

// wholeValue reads a value that is all of b, but for punctuation behind it.
func wholeValue(b []byte) (float64, bool) {
	b = bytes.TrimSpace(b)
	v, n := value(b)
	rest := bytes.TrimRight(b[n:], "'\")]},;")
	return v, n > 0 && len(rest) == 0
}

func quote(b []byte, i int) int {
	if i < len(b) && (b[i] == '\'' || b[i] == '"' || b[i] == '`') {
		i++
	}
	return i
}

// wrapper skips the name of a type and its bracket, as in tensor( or np.float64(. It returns 0 if there is none.
func wrapper(b []byte, i int) int {
	const longest = 32
	start := i
	for i < len(b) && i-start < longest && (isWord(b[i]) || b[i] == '.') {
		i++
	}
	if i == len(b) || b[i] != '(' {
		return 0
	}
	name := bytes.ToLower(bytes.TrimRight(b[start:i], "0123456789"))
	if dot := bytes.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	switch string(name) {
	case "tensor", "array", "float", "bfloat", "int", "uint", "decimal", "scalar":
		return i + 1
	}
	return 0
}
