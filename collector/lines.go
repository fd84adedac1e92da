package collector

import "bytes"

const (
	history   = 32       // bytes before the place where reading goes on, to know the file again
	chunkSize = 64 << 10 // read at once
)

// lines cuts a growing file into lines, in bounded memory. A line feed or a carriage return ends one. What
// is longer than the limit is cut into pieces, or left out where only whole lines make sense. Where the cuts
// are depends on the bytes alone, not on how they arrive.
type lines struct {
	limit int
	whole bool

	buf        []byte // up to history bytes that were used, and those that were not
	start, end int    // of what was not used yet
	offset     int64  // of start in the file
	feed, ret  int    // where the next \n and \r are; -1 when not before end; valid if they are ≥ start
	seen       int    // how far feed and ret were looked for
	skipping   bool   // in a line that is left out
	skipped    int    // lines that were left out
}

// seek forgets everything and goes on at an offset. The buffer is ready to be filled from there, with up
// to history bytes before it.
func (l *lines) seek(offset int64) {
	before := int(min(offset, history))
	if cap(l.buf) < before {
		l.buf = make([]byte, 2*chunkSize)
	}
	l.start, l.end, l.offset, l.seen, l.feed, l.ret = before, before, offset, before, -1, -1
	l.skipping = false
}

// before are the bytes in front of a place in the buffer by which the file is known again.
func (l *lines) before(start int) []byte { return l.buf[max(0, start-history):start] }

// reach is the offset up to which the file was read.
func (l *lines) reach() int64 { return l.offset + int64(l.end-l.start) }

// space makes room and returns it: a place in the buffer for new bytes, with overlap bytes before it that
// are already there. It is called when next has found no further end of a line.
func (l *lines) space() (room []byte, overlap int) {
	if keep := max(0, l.start-history); keep > 0 && cap(l.buf)-l.end < chunkSize {
		copy(l.buf, l.buf[keep:l.end])
		l.start, l.end, l.seen = l.start-keep, l.end-keep, l.seen-keep
	}
	if cap(l.buf)-l.end < chunkSize/2 {
		grown := make([]byte, max(2*cap(l.buf), 2*chunkSize))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	l.buf = l.buf[:cap(l.buf)]
	overlap = min(history, l.end)
	return l.buf[l.end-overlap:], overlap
}

// next returns the next line without its end, and moves behind it. With final, what has no end counts
// as a line too. ok is false when more has to be read first.
func (l *lines) next(final bool) (line []byte, ok bool) {
	for {
		stop := l.stop()
		rest := l.end - l.start
		if stop >= 0 {
			rest = stop - l.start
		}
		switch {
		case l.skipping && stop < 0:
			l.advance(l.end)
			return nil, false
		case l.skipping:
			l.skipping = false
			l.advance(stop + 1)
		case rest > l.limit && l.whole:
			l.skipping = true
			l.skipped++
		case rest > l.limit:
			line = l.buf[l.start : l.start+cut(l.buf[l.start:l.start+l.limit])]
			l.advance(l.start + len(line))
			return line, true
		case stop >= 0:
			line = l.buf[l.start:stop]
			l.advance(stop + 1)
			return line, true
		case final && rest > 0:
			line = l.buf[l.start:l.end]
			l.advance(l.end)
			return line, true
		default:
			return nil, false
		}
	}
}

func (l *lines) advance(to int) {
	l.offset += int64(to - l.start)
	l.start = to
}

// stop finds the end of the line, -1 if it is not there yet.
func (l *lines) stop() int {
	l.feed = l.find('\n', l.feed)
	l.ret = l.find('\r', l.ret)
	l.seen = l.end
	switch {
	case l.feed < 0:
		return l.ret
	case l.ret < 0:
		return l.feed
	}
	return min(l.feed, l.ret)
}

// find brings up to date where the next byte c is, without looking at any byte twice.
func (l *lines) find(c byte, at int) int {
	from := l.start
	switch {
	case at >= l.start:
		return at
	case at < 0:
		from = max(from, l.seen)
	}
	i := bytes.IndexByte(l.buf[from:l.end], c)
	if i < 0 {
		return -1
	}
	return from + i
}

// cut says where a line that is too long is best cut: behind a blank or a comma, and not between a name
// and its value.
func cut(piece []byte) int {
	const lookBack = 4 << 10
	for i := len(piece) - 1; i > len(piece)-lookBack && i > 0; i-- {
		switch piece[i-1] {
		case ' ', '\t', ',', ';', '|':
		default:
			continue
		}
		before := bytes.TrimRight(piece[:i], " \t")
		if len(before) > 0 && before[len(before)-1] != '=' && before[len(before)-1] != ':' && isWord(piece[i]) {
			return i
		}
	}
	return len(piece)
}
