package tui

import (
	"bytes"
	"fmt"
	"io"
)

// Painter draws frames. Only lines that have changed are written.
type Painter struct {
	Out           io.Writer
	last          []string
	width, height int
	whole         bool
}

// Draw shows lines from the top of a terminal of this size. They must not be wider; what does not fit its height is left
// out.
func (p *Painter) Draw(lines []string, width, height int) error {
	lines = lines[:min(len(lines), max(height, 0))]
	var b bytes.Buffer
	if !p.whole || width != p.width || height != p.height {
		b.WriteString("\x1b[H\x1b[2J")
		p.last, p.width, p.height, p.whole = nil, width, height, true
	}
	for i := range max(len(lines), len(p.last)) {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		if i < len(p.last) && p.last[i] == line || i >= len(p.last) && line == "" {
			continue
		}
		fmt.Fprintf(&b, "\x1b[%d;1H%s\x1b[K", i+1, line)
	}
	p.last = append(p.last[:0:0], lines...)
	if b.Len() == 0 {
		return nil
	}
	_, err := p.Out.Write(b.Bytes())
	return err
}

// Forget makes the next frame be drawn as a whole.
func (p *Painter) Forget() { p.whole = false }
