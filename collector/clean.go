package collector

import "bytes"

// clean returns a line as a terminal would show it: without colours and other control sequences, without
// NULs and other control bytes. A line that has none is returned as it is; else scratch is used.
func clean(line, scratch []byte) (cleaned, buffer []byte) {
	i := firstControl(line)
	if i == len(line) {
		return line, scratch
	}
	out := append(scratch[:0], line[:i]...)
	for i < len(line) {
		switch c := line[i]; {
		case c == escape:
			n, moves := sequence(line[i:])
			i += n
			if moves {
				out = append(out, ' ')
			}
			continue
		case c == '\b', c == '\v', c == '\f':
			out = append(out, ' ')
		case !isControl(c):
			out = append(out, c)
		}
		i++
	}
	return out, out
}

const escape = 0x1b

func isControl(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }

func firstControl(line []byte) int {
	for i, c := range line {
		if isControl(c) {
			return i
		}
	}
	return len(line)
}

// sequence measures the control sequence that b begins with, and tells whether it moves the cursor, which
// separates what stands before from what stands after.
func sequence(b []byte) (n int, moves bool) {
	if len(b) < 2 {
		return len(b), false
	}
	switch c := b[1]; {
	case c == '[':
		return parameters(b)
	case bytes.IndexByte([]byte("]P^_X"), c) >= 0:
		return stringSequence(b), false
	case c >= 0x20 && c <= 0x2f: // ESC ( B chooses a character set
		return min(3, len(b)), false
	case c >= 0x30 && c <= 0x7e:
		return 2, false
	}
	return 1, false
}

// parameters measures ESC [, numbers, and a letter that says what they do.
func parameters(b []byte) (n int, moves bool) {
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case c >= 0x40 && c <= 0x7e:
			return i + 1, c != 'm' && c != 'K'
		case c < 0x20 || c > 0x3f:
			return i, false // broken: what follows is text again
		}
	}
	return len(b), false
}

// stringSequence measures a title, a hyperlink or the like, which BEL or ESC \ ends. Without an end on the
// line only its beginning is dropped, so that no metric is lost in it.
func stringSequence(b []byte) int {
	end := bytes.IndexByte(b[2:], '\a')
	st := bytes.Index(b[2:], []byte{escape, '\\'})
	switch {
	case st >= 0 && (end < 0 || st < end):
		return 2 + st + 2
	case end >= 0:
		return 2 + end + 1
	}
	return 2
}
