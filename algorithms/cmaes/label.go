package cmaes

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// labelKey is the label that suggestions carry.
const labelKey = "cmaes"

// origin says which distribution a suggestion was drawn from, and which draw of its trial it was.
type origin struct {
	start      int // trials in the history when the first generation began
	run        int // 0 is the first, 1 the first restart
	generation int // of the run, from 0
	draw       int // notDrawn for a point that was repaired or taken elsewhere
}

// notDrawn marks a point that is no draw of the distribution.
const notDrawn = -1

func (o origin) label() map[string]string {
	return map[string]string{labelKey: fmt.Sprintf("%d/%d/%d/%d", o.start, o.run, o.generation, o.draw)}
}

// originOf reads a label; false when it is none of this algorithm.
func originOf(labels map[string]string) (o origin, ok bool) {
	text, there := labels[labelKey]
	if !there {
		return origin{}, false
	}
	fields := strings.Split(text, "/")
	numbers := [4]int{}
	if len(fields) != len(numbers) {
		return origin{}, false
	}
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 && (i < 3 || n != notDrawn) {
			return origin{}, false
		}
		numbers[i] = n
	}
	return origin{start: numbers[0], run: numbers[1], generation: numbers[2], draw: numbers[3]}, true
}

// beginning finds out how long the history was when the first generation began.
type beginning struct {
	id      string
	scanned int // entries that were looked at
	start   int // -1 as long as none of them is a member
	first   int // the entry that tells
}

// of returns what stands in the first label that came back, or in that of the first pending trial. Without any,
// the first generation begins now.
func (b *beginning) of(h hone.History, pending []hone.Pending) int {
	if b.id != h.ID() || h.ID() == "" {
		*b = beginning{id: h.ID(), start: -1}
	}
	for ; b.start < 0 && b.scanned < h.Len(); b.scanned++ {
		if o, own := ownOrigin(h.At(b.scanned)); own {
			b.start, b.first = min(o.start, b.scanned), b.scanned
		}
	}
	if b.start >= 0 && b.first < h.Len() {
		return b.start
	}
	for _, p := range pending {
		if o, own := originOf(p.Labels); own {
			return min(o.start, h.Len())
		}
	}
	return h.Len()
}

// ownOrigin is the origin of a trial that this experiment's runs have drawn.
func ownOrigin(o hone.Outcome) (origin, bool) {
	if o.Imported {
		return origin{}, false
	}
	return originOf(o.Labels)
}
