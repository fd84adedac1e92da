package collector

import (
	"bytes"
	"os"
	"strings"

	"github.com/hone-tuner/hone"
)

const (
	tailLines = 20
	tailBytes = 64 << 10
	lineWidth = 400 // bytes of a line that are shown
	fewLines  = 3   // less than that on the standard output says little
)

// ending is the end of something that a trial wrote.
type ending struct {
	path    string
	problem error    // why it could not be read
	size    int64    // 0 when it is empty or not there
	lines   []string // the last ones that are not empty, as a terminal would show them
}

// look makes the function that examines what a failed trial left behind; nil when there is no output.
func look(c hone.Collection) func() ([]string, string) {
	if c.Emission.Stdout == "" && c.Emission.Stderr == "" && c.Emission.File == "" {
		return nil
	}
	return func() ([]string, string) {
		e := evidence{c: c, stdout: readEnding(c.Emission.Stdout), stderr: readEnding(c.Emission.Stderr), file: readEnding(c.Emission.File)}
		if c.Emission.Late && e.stdout.size == 0 { // what was kept of a pod is one log with both streams
			e.stdout, e.stderr = e.stderr, ending{}
		}
		return e.tail(), e.hint()
	}
}

// readEnding reads the end of a file, in bounded memory.
func readEnding(path string) ending {
	e := ending{path: path}
	if path == "" {
		return e
	}
	f, _, err := openRegular(path)
	if err != nil {
		e.problem = err
		return e
	}
	defer func() { _ = f.Close() }() // it was only read
	e.size, e.lines, e.problem = lastLines(f)
	return e
}

func lastLines(f *os.File) (size int64, lines []string, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, nil, err
	}
	size = info.Size()
	buf := make([]byte, min(size, tailBytes))
	n, err := f.ReadAt(buf, size-int64(len(buf)))
	if n < len(buf) {
		return size, nil, err
	}
	if i := bytes.IndexAny(buf, "\r\n"); int64(len(buf)) < size && i >= 0 && i < len(buf)-1 {
		buf = buf[i:] // the first line is not whole
	}
	return size, shownLines(buf), nil
}

// shownLines returns the lines that are not empty, as a terminal would show them.
func shownLines(text []byte) (lines []string) {
	for line := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		cleaned, _ := clean(line, nil)
		if shown := strings.TrimRight(strings.ToValidUTF8(string(cleaned), "\ufffd"), " \t"); shown != "" {
			lines = append(lines, shown)
		}
	}
	return lines
}

// evidence is what a failed trial left behind.
type evidence struct {
	c                    hone.Collection
	stdout, stderr, file ending
}

// tail chooses the lines that say most about the end: those of the standard error when the program broke
// off there, or when the standard output has little.
func (e evidence) tail() []string {
	lines := e.stdout.lines
	switch {
	case crash(e.stderr.lines) != "":
		lines = e.stderr.lines
	case len(lines) < fewLines:
		lines = append(lines[:len(lines):len(lines)], e.stderr.lines...)
	}
	lines = lines[max(0, len(lines)-tailLines):]
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = shorten(line, lineWidth)
	}
	return shown
}

func shorten(s string, width int) string {
	if len(s) <= width {
		return s
	}
	return strings.ToValidUTF8(s[:width], "") + "…"
}

// source is where the readings should have been.
func (e evidence) source() ending {
	switch e.c.Spec.Source {
	case hone.SourceFile:
		return e.file
	case hone.SourcePush, hone.SourceTensorBoard, hone.SourcePrometheus:
		return ending{}
	}
	return e.stdout
}
