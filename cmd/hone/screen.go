package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/jedib0t/go-pretty/v6/text"
)

// screen is where messages go. On a terminal it also holds a region of lines at the bottom that is drawn
// in place; what is written goes above it. It uses cursor movement only, no alternate screen and no hidden
// cursor, so that there is nothing to restore when the program is killed. It is safe for concurrent use.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	size  func() (width, height int)
	lines []string // the region as drawn; the cursor stands on the line below
	// While something else has the terminal, what is written is kept: holding.
	holding bool
	kept    bytes.Buffer
	news    string // the newest message that nobody has asked for yet
}

// keptAtMost bounds what is kept.
const keptAtMost = 64 << 10

// Hold keeps what is written until Release.
func (s *screen) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = true
}

// Release writes what was kept.
func (s *screen) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holding = false
	_, _ = s.out.Write(s.kept.Bytes())
	s.kept.Reset()
}

// Held returns the newest message that was kept, once.
func (s *screen) Held() (message string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	message, s.news = s.news, ""
	return message, message != ""
}

// Write writes above the region.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holding {
		s.news = strings.TrimSpace(string(p))
		if s.kept.Len()+len(p) <= keptAtMost {
			s.kept.Write(p)
		}
		return len(p), nil
	}
	if len(s.lines) == 0 {
		return s.out.Write(p)
	}
	var b bytes.Buffer
	s.erase(&b)
	b.Write(p)
	if !bytes.HasSuffix(p, []byte("\n")) {
		b.WriteByte('\n')
	}
	for _, l := range s.lines {
		b.WriteString(l + "\n")
	}
	if _, err := s.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Draw replaces the region. Lines must not be wider than the terminal; what does not fit its height is
// left out.
func (s *screen) Draw(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, height := s.size(); len(lines) > height-1 {
		lines = lines[:max(height-1, 1)]
	}
	var b bytes.Buffer
	s.home(&b)
	for _, l := range lines {
		b.WriteString(l + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	s.lines = lines
	_, _ = s.out.Write(b.Bytes())
}

// Clear removes the region.
func (s *screen) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) == 0 {
		return
	}
	var b bytes.Buffer
	s.erase(&b)
	s.lines = nil
	_, _ = s.out.Write(b.Bytes())
}

func (s *screen) erase(b *bytes.Buffer) {
	s.home(b)
	b.WriteString("\x1b[J")
}

// home moves the cursor to the first line of the region. A terminal that has become narrower has broken
// its lines into several rows.
func (s *screen) home(b *bytes.Buffer) {
	width, _ := s.size()
	rows := 0
	for _, l := range s.lines {
		rows += max(1, (text.StringWidthWithoutEscSequences(l)+width-1)/max(width, 1))
	}
	if rows > 0 {
		fmt.Fprintf(b, "\x1b[%dA\r", rows)
	}
}

// print writes a line above the region.
func (s *screen) print(format string, args ...any) {
	_, _ = fmt.Fprintf(s, format+"\n", args...)
}

// ask writes a question, after which the user types on the same line.
func (s *screen) ask(format string, args ...any) {
	_, _ = fmt.Fprintf(s, format, args...)
}
