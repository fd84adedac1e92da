package collector

import (
	"bytes"
	"math"
	"strconv"
)

// number reads the number that b begins with, in any usual form: 12, -0.5, +.5, 5., 1e-3, 1,234.5, nan,
// -Inf, Infinity, ∞, 1.#INF. It returns its value and its length, 0 if there is none.
func number(b []byte) (float64, int) {
	start := 0
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		start = 1
	}
	if start == len(b) {
		return 0, 0
	}
	if !isDigit(b[start]) && b[start] != '.' {
		return special(b, start)
	}
	i, grouped := integer(b, start)
	if i = fraction(b, start, i); i < 0 {
		return 0, 0
	}
	if i < len(b) && b[i] == '#' && b[i-1] == '.' {
		return microsoft(b, i)
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

// integer skips digits, perhaps with a comma before each three: 1,234. Any other comma before a digit may
// be a decimal comma, which makes it no number at all: end is -1.
func integer(b []byte, start int) (end int, grouped bool) {
	end = digits(b, start)
	if end+1 < len(b) && b[end] == ',' && isDigit(b[end+1]) {
		return groups(b, start, end), true
	}
	return end, false
}

// fraction skips a point and digits behind an integer, and returns -1 where there is no digit at all.
func fraction(b []byte, start, i int) int {
	if i < 0 || i == len(b) || b[i] != '.' {
		return i
	}
	if i = digits(b, i+1); i-start == 1 {
		return -1
	}
	return i
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

// groups skips ,ddd groups from comma on, and returns -1 unless all of them have three digits.
func groups(b []byte, whole, comma int) int {
	if comma == whole || comma-whole > 3 || b[whole] == '0' {
		return -1
	}
	i := comma
	for i+1 < len(b) && b[i] == ',' && isDigit(b[i+1]) {
		end := digits(b, i+1)
		if end-i != 4 {
			return -1
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
