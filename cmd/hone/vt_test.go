package main

import (
	"regexp"
	"strconv"
	"strings"
)

// vt is a terminal of a fixed width, as far as the live view needs one: it breaks lines that are too wide.
type vt struct {
	width    int
	rows     []string
	row, col int
	// What stands on the first screen while the other one is shown.
	kept    []string
	keptRow int
}

var csi = regexp.MustCompile(`^\x1b\[([?0-9;]*)([A-Za-z])`)

func (v *vt) Write(p []byte) (int, error) {
	s := string(p)
	for s != "" {
		if m := csi.FindStringSubmatch(s); m != nil {
			v.control(m[1], m[2])
			s = s[len(m[0]):]
			continue
		}
		r := []rune(s)[0]
		s = s[len(string(r)):]
		switch r {
		case '\n':
			v.row, v.col = v.row+1, 0
		case '\r':
			v.col = 0
		default:
			v.put(r)
		}
	}
	return len(p), nil
}

func (v *vt) control(argument, command string) {
	n, _ := strconv.Atoi(argument)
	switch command {
	case "H": // a place, from 1
		row, col, _ := strings.Cut(argument, ";")
		v.row, _ = strconv.Atoi(row)
		v.col, _ = strconv.Atoi(col)
		v.row, v.col = max(v.row-1, 0), max(v.col-1, 0)
		v.line(v.row)
	case "h":
		if argument == "?1049" { // the other screen
			v.kept, v.keptRow, v.rows, v.row, v.col = v.rows, v.row, nil, 0, 0
		}
	case "l":
		if argument == "?1049" {
			v.rows, v.row, v.col = v.kept, v.keptRow, 0
		}
	case "A":
		v.row = max(0, v.row-n)
	case "K":
		v.line(v.row)
		v.rows[v.row] = string([]rune(v.rows[v.row])[:min(v.col, len([]rune(v.rows[v.row])))])
	case "J":
		if argument == "2" {
			v.rows = nil
			v.line(v.row)
			return
		}
		v.control("", "K")
		v.rows = v.rows[:v.row+1]
	}
}

func (v *vt) line(n int) {
	for len(v.rows) <= n {
		v.rows = append(v.rows, "")
	}
}

func (v *vt) put(r rune) {
	if v.col == v.width {
		v.row, v.col = v.row+1, 0
	}
	v.line(v.row)
	text := []rune(v.rows[v.row])
	for len(text) <= v.col {
		text = append(text, ' ')
	}
	text[v.col] = r
	v.rows[v.row] = string(text)
	v.col++
}

// String is what stands on the screen.
func (v *vt) String() string { return strings.TrimRight(strings.Join(v.rows, "\n"), "\n") }
