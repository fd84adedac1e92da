package collector

import (
	"bytes"
	"math"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// number reads the number that b begins with, in any usual form: 12, -0.5, +.5, 5., 1e-3, 1,234.5, nan,
// -Inf, Infinity, ∞, 1.#INF. It returns its value and its length, 0 if there is none.
func number(b []byte) (float64, int) {
	i := 0
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	if i == len(b) {
		return 0, 0
	}
	if !isDigit(b[i]) && b[i] != '.' {
		return special(b, i)
	}
	whole := i
	i = digits(b, i)
	grouped := false
	if i < len(b) && b[i] == ',' && i+1 < len(b) && isDigit(b[i+1]) {
		// 1,234 has groups of three digits. Anything else may be a decimal comma: no number at all.
		if i = groups(b, whole, i); i == 0 {
			return 0, 0
		}
		grouped = true
	}
	if i < len(b) && b[i] == '.' {
		before := i
		if i = digits(b, i+1); i-whole == 1 {
			return 0, 0 // a lone point
		}
		if i == before+1 && i < len(b) && b[i] == '#' {
			return microsoft(b, i)
		}
	}
	i = exponent(b, i)
	text := b[:i]
	if grouped {
		text = bytes.ReplaceAll(text, []byte{','}, nil)
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(v, 0) { // 1e999 is infinite
		return 0, 0
	}
	return v, i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func digits(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

// groups skips ,ddd groups from comma on, and returns 0 unless all of them have three digits.
func groups(b []byte, whole, comma int) int {
	if comma == whole || comma-whole > 3 || b[whole] == '0' {
		return 0
	}
	i := comma
	for i+1 < len(b) && b[i] == ',' && isDigit(b[i+1]) {
		end := digits(b, i+1)
		if end-i != 4 {
			return 0
		}
		i = end
	}
	return i
}

func exponent(b []byte, i int) int {
	if i >= len(b) || b[i]|0x20 != 'e' {
		return i
	}
	j := i + 1
	if j < len(b) && (b[j] == '+' || b[j] == '-') {
		j++
	}
	if end := digits(b, j); end > j {
		return end
	}
	return i
}

// special reads what is not finite, after a sign of i bytes.
func special(b []byte, i int) (float64, int) {
	sign := 1
	if b[0] == '-' {
		sign = -1
	}
	rest := b[i:]
	switch {
	case hasFold(rest, "nan"):
		return math.NaN(), i + 3
	case hasFold(rest, "infinity"):
		return math.Inf(sign), i + 8
	case hasFold(rest, "inf"):
		return math.Inf(sign), i + 3
	case bytes.HasPrefix(rest, []byte("∞")):
		return math.Inf(sign), i + len("∞")
	}
	return 0, 0
}

// microsoft reads 1.#INF, -1.#IND, 1.#QNAN and their zeros, from the # on.
func microsoft(b []byte, hash int) (float64, int) {
	sign := 1
	if b[0] == '-' {
		sign = -1
	}
	rest := b[hash+1:]
	for _, name := range []string{"INF", "IND", "QNAN", "SNAN"} {
		if bytes.HasPrefix(rest, []byte(name)) {
			end := digits(b, hash+1+len(name))
			if name == "INF" {
				return math.Inf(sign), end
			}
			return math.NaN(), end
		}
	}
	return 0, 0
}

// hasFold reports whether b begins with a word in lower case, in any case.
func hasFold(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	for i := range len(word) {
		if b[i]|0x20 != word[i] {
			return false
		}
	}
	return true
}

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
