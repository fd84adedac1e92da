package collector

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
)

// wanted are the metrics to record.
type wanted struct {
	objective string
	names     map[string]string
	phrases   []string // those that may be printed with blanks for their underscores
}

func newWanted(c hone.Collection) *wanted {
	w := &wanted{objective: c.Objective, names: map[string]string{}}
	for _, name := range append([]string{c.Objective}, c.Spec.Record...) {
		if name == "" || w.names[name] != "" {
			continue
		}
		w.names[name] = name
		if strings.Contains(strings.Trim(name, "_"), "_") {
			w.phrases = append(w.phrases, name)
		}
	}
	slices.SortFunc(w.phrases, func(a, b string) int { return len(b) - len(a) })
	return w
}

// find returns the wanted metric that a name means. A logging prefix in front of it is no part of it, nor
// is punctuation around it.
func (w *wanted) find(name []byte) (string, bool) {
	if m, ok := w.names[string(name)]; ok {
		return m, true
	}
	if bare := bareName(name); len(bare) != len(name) {
		m, ok := w.names[string(bare)]
		return m, ok
	}
	return "", false
}

// bareName takes away what a name as it was printed has around it: INFO:root: and 10:11:12: in front of
// it, dashes and dots on its sides.
func bareName(name []byte) []byte {
	if len(name) > 0 && isWord(name[0]) && isWord(name[len(name)-1]) && bytes.IndexByte(name, ':') < 0 {
		return name // as nearly always
	}
	name = bytes.Trim(name, "/.-@:")
	for {
		i := bytes.IndexByte(name, ':')
		if i < 0 {
			return name
		}
		switch first := name[:i]; {
		case isLevel(first):
			name = name[i+1:]
			if j := bytes.IndexByte(name, ':'); j >= 0 { // the logger's name
				name = name[j+1:]
			}
		case isTime(first):
			name = name[i+1:]
		default:
			return name
		}
		name = bytes.TrimLeft(name, "/.-@:")
	}
}

func isLevel(word []byte) bool {
	switch string(word) {
	case "DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "NOTICE", "TRACE":
		return true
	}
	return false
}

func isTime(word []byte) bool {
	if len(word) == 0 || !isDigit(word[0]) {
		return false
	}
	for _, c := range word {
		if !isDigit(c) && c != 'T' && c != 'Z' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// phrase returns the wanted metric whose words, with blanks between them, end where a name ends:
// val_loss for "val loss".
func (w *wanted) phrase(before []byte) (string, bool) {
	for _, p := range w.phrases {
		if i := len(before) - len(p); i >= 0 && samePhrase(before[i:], p) && (i == 0 || !isName(before[i-1])) {
			return p, true
		}
	}
	return "", false
}

func samePhrase(text []byte, p string) bool {
	for i := range len(p) {
		if text[i] != p[i] && (p[i] != '_' || text[i] != ' ') {
			return false
		}
	}
	return true
}

// isName reports whether a byte can be part of a metric's name.
func isName(c byte) bool {
	return isWord(c) || c == '/' || c == '.' || c == '-' || c == '@' || c == ':'
}

// plainName turns what cannot be part of a name into underscores: metrics/mAP50(B) is metrics/mAP50_B.
func plainName(name []byte) []byte {
	if bytes.IndexFunc(name, func(r rune) bool { return r >= 0x80 || !isName(byte(r)) }) < 0 {
		return name
	}
	out := make([]byte, 0, len(name))
	for _, c := range name {
		switch {
		case isName(c):
			out = append(out, c)
		case len(out) > 0 && out[len(out)-1] != '_':
			out = append(out, '_')
		}
	}
	return bytes.TrimRight(out, "_")
}

// names remembers a few of the names that looked like metrics but are not wanted. Those like the
// objective's always find a place.
type names struct {
	objective       string
	similar, others []string
	known           map[string]bool
	full            bool
	searched        int // bytes
}

const (
	maxNames   = 20
	maxSimilar = 5
	maxKnown   = 500 // names that were looked at: there are programs that print a new one on each line
	maxName    = 64  // bytes of a name that is worth remembering
)

func (n *names) add(name []byte) {
	if n == nil || n.full || len(name) > maxName || len(name) == 0 || n.known[string(name)] {
		return
	}
	if isStepWord(name) || !plausible(name) {
		return
	}
	list, limit := &n.others, maxNames-maxSimilar
	if alike(string(name), n.objective) {
		list, limit = &n.similar, maxSimilar
	}
	if len(*list) < limit {
		*list = append(*list, string(name))
	}
	if n.known == nil {
		n.known = map[string]bool{}
	}
	n.known[string(name)] = true
	n.full = len(n.similar) == maxSimilar && len(n.others) == maxNames-maxSimilar || len(n.known) == maxKnown
}

// enough reports whether looking for more names in another so many bytes is not worth the time.
func (n *names) enough(size int) bool {
	const patience = 256 << 10
	n.searched += size
	return n.full || n.searched > patience
}

// list returns the names, those like the objective's first.
func (n *names) list() []string { return slices.Concat(n.similar, n.others) }

// alike reports whether one of two names was probably meant by the other.
func alike(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a == b || strings.Contains(a, b) || len(a) > 2 && strings.Contains(b, a) || hone.Nearest(a, []string{b}) != ""
}

// plausible reports whether somebody may have meant a metric by it: it has a letter, and nothing that a
// metric's name cannot have.
func plausible(name []byte) bool {
	letter := false
	for _, c := range name {
		if !isName(c) {
			return false
		}
		letter = letter || isWord(c) && !isDigit(c) && c != '_'
	}
	return letter && isWord(name[0])
}

func isStepWord(name []byte) bool {
	return len(name) == 4 && hasFold(name, "step") || len(name) == 5 && hasFold(name, "epoch")
}
