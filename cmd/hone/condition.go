package main

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// condition is one --where: a column compared with a value.
type condition struct {
	column   string
	operator string // =, !=, <, <=, > or >=
	value    string
	at       int // index of the column
}

// parseCondition reads NAME OPERATOR VALUE. The value may stand in quotes; without a value, = finds what is empty.
func parseCondition(s string) (condition, error) {
	i := strings.IndexAny(s, "=!<>")
	if i < 0 {
		return condition{}, usagef("--where %q compares nothing: write it like 'lr<0.01', 'optimizer=adam' or 'duration>30s'", s)
	}
	c := condition{column: strings.TrimSpace(s[:i])}
	rest := s[i:]
	for _, op := range []string{"==", "!=", "<=", ">=", "=", "<", ">"} {
		if value, ok := strings.CutPrefix(rest, op); ok {
			c.operator, c.value = op, unquote(strings.TrimSpace(value))
			break
		}
	}
	switch {
	case c.column == "":
		return c, usagef("--where %q names no column: write it like 'lr<0.01'", s)
	case c.operator == "":
		return c, usagef("--where %q has no comparison: there are =, !=, <, <=, > and >=", s)
	case c.operator == "==":
		c.operator = "="
	}
	if c.value == "" && c.operator != "=" && c.operator != "!=" {
		return c, usagef("--where %q has nothing to compare with", s)
	}
	return c, nil
}

func unquote(s string) string {
	if n := len(s); n >= 2 && (s[0] == '\'' || s[0] == '"') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// String writes the condition so that it can be read again.
func (c condition) String() string {
	value := c.value
	if unquote(strings.TrimSpace(value)) != value {
		quote := `"`
		if strings.HasSuffix(value, quote) {
			quote = "'"
		}
		value = quote + value + quote
	}
	return c.column + c.operator + value
}

// holds compares a cell. An empty one equals nothing but the empty value, and is neither less nor more than any.
func (c condition) holds(x cell) bool {
	switch c.operator {
	case "=":
		return c.equals(x)
	case "!=":
		return !c.equals(x)
	}
	if x.full == "" {
		return false
	}
	var order int
	if n, ok := numberLike(c.value, x); ok && x.isNumber {
		if math.IsNaN(n) {
			return false
		}
		order = compareNumbers(x.order, n)
	} else if x.isNumber || ok {
		return false // a number is neither before nor after a text
	} else {
		order = strings.Compare(x.full, c.value)
	}
	switch c.operator {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

func (c condition) equals(x cell) bool {
	if x.isNumber {
		if n, ok := numberLike(c.value, x); ok {
			return x.order == n
		}
	}
	return strings.EqualFold(x.full, c.value)
}

func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// numberLike reads a value as what the cell is: a number, a duration such as 30s, or a time.
func numberLike(s string, x cell) (float64, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		if x.unit != 0 {
			n *= x.unit
		}
		return n, true
	}
	if x.unit != 0 {
		var d ageValue
		err := d.Set(s)
		return float64(d), err == nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return float64(t.UnixNano()), true
		}
	}
	return 0, false
}

func allHold(conditions []condition, of func(at int) cell) bool {
	for _, c := range conditions {
		if !c.holds(of(c.at)) {
			return false
		}
	}
	return true
}
