package bolt

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/hone-tuner/hone"
)

// slot is where an experiment lies in the file.
type slot uint32

func (s slot) key() []byte { return binary.BigEndian.AppendUint32(make([]byte, 0, 32), uint32(s)) }

func slotOf(value []byte) slot { return slot(binary.BigEndian.Uint32(value)) }

func (s slot) trial(number int) []byte {
	return binary.BigEndian.AppendUint32(s.key(), uint32(number))
}

func (s slot) event(sequence int64) []byte {
	return binary.BigEndian.AppendUint64(s.key(), uint64(sequence))
}

func (s slot) finished(place int) []byte {
	return binary.BigEndian.AppendUint64(s.key(), uint64(place))
}

// The classes of the ranking. Trials without a finite value have zero in place of one.
const (
	ranked byte = iota
	rankedImported
	unranked
	unrankedImported
)

func (s slot) class(class byte) []byte { return append(s.key(), class) }

// rank is where a trial stands in the ranking.
func (s slot) rank(goal hone.Goal, t hone.Trial) []byte {
	class, value := unranked, uint64(0)
	if t.Ranked() {
		class, value = ranked, sortable(goal, float64(*t.Value))
	}
	if t.Origin == hone.OriginImported {
		class++
	}
	key := binary.BigEndian.AppendUint64(s.class(class), value)
	return binary.BigEndian.AppendUint32(key, uint32(t.Number))
}

// rankSuffix is what orders the keys of one class: value, then number.
func rankSuffix(key []byte) []byte { return key[5:] }

func rankNumber(key []byte) int { return int(binary.BigEndian.Uint32(key[13:])) }

// sortable maps a finite float to bits that sort like the leaderboard: better ones first.
func sortable(goal hone.Goal, x float64) uint64 {
	if x == 0 {
		x = 0 // -0 and 0 are a tie
	}
	bits := math.Float64bits(x)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	if goal == hone.Maximize {
		bits = ^bits
	}
	return bits
}

// source is the prefix of all chunks of one source. Its length stands first, so that no name is the
// beginning of another.
func (s slot) source(number, attempt int, name string) []byte {
	key := make([]byte, 0, 4+4+4+1+len(name)+8)
	key = binary.BigEndian.AppendUint32(key, uint32(s))
	key = binary.BigEndian.AppendUint32(key, uint32(number))
	key = binary.BigEndian.AppendUint32(key, uint32(attempt))
	key = append(key, byte(len(name)))
	return append(key, name...)
}

// chunkOf reads the key of a chunk.
func chunkOf(key []byte) (b hone.Batch, ok bool) {
	if len(key) < 21 || len(key) != 21+int(key[12]) {
		return b, false
	}
	b.Number = int(binary.BigEndian.Uint32(key[4:]))
	b.Attempt = int(binary.BigEndian.Uint32(key[8:]))
	b.Source = string(key[13 : len(key)-8])
	b.Sequence = int64(binary.BigEndian.Uint64(key[len(key)-8:]))
	return b, true
}

// namespaceOf reads the namespace out of the key of a name.
func namespaceOf(key []byte) string {
	namespace, _, _ := bytes.Cut(key, []byte{0})
	return string(namespace)
}

func nameKey(namespace, name string) []byte { return []byte(namespace + "\x00" + name) }
