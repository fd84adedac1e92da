package main

import "strings"

const (
	paneLines = 2000    // of a log are kept to be looked at
	paneLine  = 4 << 10 // bytes of a line
	paneTail  = 1000    // lines that are fetched of what was written before
)

// logPane is the end of a log, in lines.
type logPane struct {
	lines   []string
	partial string // the last line, which goes on
	dropped int    // lines that are no longer kept
	back    int    // how many lines the user has gone back; 0 follows
}

// write takes in what a trial wrote. A carriage return begins its line anew, as on a terminal.
func (p *logPane) write(data string) {
	for data != "" {
		line, rest, whole := strings.Cut(data, "\n")
		p.partial += line
		if i := strings.LastIndexByte(strings.TrimSuffix(p.partial, "\r"), '\r'); i >= 0 {
			p.partial = p.partial[i+1:]
		}
		if len(p.partial) > paneLine {
			p.partial = strings.ToValidUTF8(p.partial[:paneLine], "")
		}
		if whole {
			p.add(strings.TrimSuffix(p.partial, "\r"))
			p.partial = ""
		}
		data = rest
	}
}

// note adds a line that is not of the trial.
func (p *logPane) note(text string) {
	if p.partial != "" {
		p.add(p.partial)
		p.partial = ""
	}
	p.add("-- " + text)
}

func (p *logPane) add(line string) {
	p.lines = append(p.lines, line)
	if p.back > 0 {
		p.back++ // what the user looks at stays
	}
	if len(p.lines) >= 2*paneLines {
		p.dropped += len(p.lines) - paneLines
		p.lines = append(p.lines[:0:0], p.lines[len(p.lines)-paneLines:]...)
	}
}

// scroll goes back by so many lines, or forth with a negative number.
func (p *logPane) scroll(lines, height int) {
	p.back = max(0, min(p.back+lines, p.count()-height))
}

func (p *logPane) count() int {
	if p.partial != "" {
		return len(p.lines) + 1
	}
	return len(p.lines)
}

// view draws so many lines.
func (p *logPane) view(width, height int, k look) []string {
	all := p.lines
	if p.partial != "" {
		all = append(all[:len(all):len(all)], strings.TrimSuffix(p.partial, "\r"))
	}
	end := max(len(all)-p.back, min(height, len(all)))
	start := max(0, end-height)
	out := make([]string, 0, end-start)
	for _, l := range all[start:end] {
		out = append(out, cut(clean(strings.ReplaceAll(l, "\t", "    ")), width, k))
	}
	return out
}
