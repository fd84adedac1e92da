package contest

import (
	"strings"

	"github.com/hone-tuner/hone"
)

// Mode is how the trials of a run follow each other.
type Mode string

// The modes.
const (
	Sequential Mode = "sequential" // each trial ends before the next begins
	Batch8     Mode = "batch8"     // rounds of eight
	Async10    Mode = "async10"    // ten workers; a trial takes a random time, and another begins when it ends
)

// Modes lists all of them.
func Modes() []Mode { return []Mode{Sequential, Batch8, Async10} }

// ParseMode reads the name of a mode.
func ParseMode(name string) (Mode, error) {
	var names []string
	for _, m := range Modes() {
		if string(m) == name {
			return m, nil
		}
		names = append(names, string(m))
	}
	return "", hone.Errorf(hone.InvalidArgument, "there is no mode %q; there are %s", name, strings.Join(names, ", "))
}

// Parallel is how many trials run at once.
func (m Mode) Parallel() int {
	switch m {
	case Batch8:
		return 8
	case Async10:
		return 10
	}
	return 1
}
