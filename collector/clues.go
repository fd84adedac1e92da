package collector

import (
	"fmt"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

func noTime() time.Time { return time.Time{} }

// finds reports whether lines have a reading of the objective when they are read so.
func finds(c hone.Collection, spec hone.MetricsSpec, lines []string) bool {
	c.Spec = spec
	r, err := newReader(c, noTime)
	if err != nil {
		return false
	}
	for _, line := range lines {
		for _, m := range r.line([]byte(line)) {
			if m.Metric == c.Objective {
				return true
			}
		}
	}
	return false
}

// printedValue returns what stands as the value of a name in a line, if it is no number.
func printedValue(line, name string) string {
	for from := 0; ; {
		i := strings.Index(line[from:], name)
		if i < 0 {
			return ""
		}
		start := from + i
		from = start + len(name)
		if start > 0 && isName(line[start-1]) {
			continue
		}
		rest := strings.TrimLeft(line[from:], "'\"` \t")
		if rest == "" || rest[0] != '=' && rest[0] != ':' {
			continue
		}
		rest = strings.TrimLeft(rest[1:], " \t")
		if _, n := value([]byte(rest)); n > 0 {
			continue
		}
		if end := strings.IndexAny(rest, " \t,;)}]"); end >= 0 {
			rest = rest[:end]
		}
		if rest = strings.Trim(rest, "'\"`"); rest != "" {
			return rest
		}
	}
}

// crash recognises in the last lines of an output that the program broke off, and says how.
func crash(lines []string) string {
	if s := python(lines); s != "" {
		return s
	}
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			return fmt.Sprintf("The program broke off: %s.", shorten(line, lineWidth))
		case strings.Contains(line, "CUDA out of memory"), strings.Contains(line, "CUDA error: out of memory"):
			return outOfGPUMemory
		}
	}
	return ""
}

const outOfGPUMemory = "The GPU ran out of memory: try a smaller model or batch, or fewer trials at once."

// python recognises the last traceback.
func python(lines []string) string {
	at := -1
	for i, line := range lines {
		if strings.HasPrefix(line, "Traceback (most recent call last)") {
			at = i
		}
	}
	if at < 0 {
		return ""
	}
	for _, line := range lines[at+1:] {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			continue
		}
		return exception(line)
	}
	return ""
}

// exception explains the last line of a traceback.
func exception(line string) string {
	name, detail, _ := strings.Cut(line, ": ")
	_, module, _ := strings.Cut(detail, "No module named ")
	switch {
	case name == "ModuleNotFoundError" && module != "":
		return fmt.Sprintf("Python has no module %s: install it for the interpreter that runs the trial, or start the one of its virtual environment.", module)
	case strings.Contains(line, "out of memory"):
		return outOfGPUMemory
	case name == "KeyboardInterrupt":
		return "The program was interrupted."
	}
	return fmt.Sprintf("The program ended with a Python exception: %s.", strings.TrimRight(shorten(line, lineWidth), "."))
}
