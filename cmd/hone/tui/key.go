package tui

import (
	"unicode"
	"unicode/utf8"
)

// Key is a key that was pressed: one of the names below, "ctrl+a" to "ctrl+z", or the character that it writes.
type Key string

// The keys that write no character.
const (
	Up        Key = "up"
	Down      Key = "down"
	Left      Key = "left"
	Right     Key = "right"
	PageUp    Key = "pgup"
	PageDown  Key = "pgdown"
	Home      Key = "home"
	End       Key = "end"
	Enter     Key = "enter"
	Escape    Key = "esc"
	Tab       Key = "tab"
	BackTab   Key = "shift+tab"
	Backspace Key = "backspace"
	Delete    Key = "delete"
	CtrlC     Key = "ctrl+c"
	CtrlL     Key = "ctrl+l"
	CtrlU     Key = "ctrl+u"
)

// Rune returns the character that the key writes; false for other keys.
func (k Key) Rune() (rune, bool) {
	r, n := utf8.DecodeRuneInString(string(k))
	return r, n > 0 && n == len(k) && unicode.IsPrint(r)
}

// sequence names what follows "ESC [" or "ESC O".
func sequence(s string) Key {
	switch s {
	case "A":
		return Up
	case "B":
		return Down
	case "C":
		return Right
	case "D":
		return Left
	case "H", "1~", "7~":
		return Home
	case "F", "4~", "8~":
		return End
	case "Z":
		return BackTab
	case "3~":
		return Delete
	case "5~":
		return PageUp
	case "6~":
		return PageDown
	case "M":
		return Enter // of the number block
	}
	return ""
}

// Decode reads keys out of what a terminal sent. What may be the beginning of a key is left in rest; with final, nothing
// more comes, and an ESC alone is the key Escape. Sequences that it does not know are left out.
func Decode(p []byte, final bool) (keys []Key, rest []byte) {
	for len(p) > 0 {
		key, n := decodeOne(p)
		if n == 0 {
			if !final {
				return keys, p
			}
			if key, n = "", len(p); p[0] == 0x1b {
				key, n = Escape, 1
			}
		}
		if key != "" {
			keys = append(keys, key)
		}
		p = p[n:]
	}
	return keys, nil
}

// decodeOne reads one key and how many bytes it takes; 0 when its end is missing.
func decodeOne(p []byte) (Key, int) {
	switch c := p[0]; {
	case c == 0x1b:
		return decodeEscape(p)
	case c == '\r' || c == '\n':
		return Enter, 1
	case c == '\t':
		return Tab, 1
	case c == 0x7f || c == 0x08:
		return Backspace, 1
	case c >= 1 && c <= 26:
		return Key("ctrl+" + string('a'+rune(c)-1)), 1
	case c < 0x20:
		return "", 1
	}
	if !utf8.FullRune(p) {
		return "", 0
	}
	r, n := utf8.DecodeRune(p)
	if r == utf8.RuneError || !unicode.IsPrint(r) {
		return "", n
	}
	return Key(string(r)), n
}

// longestSequence bounds an escape sequence; what is longer is none.
const longestSequence = 32

func decodeEscape(p []byte) (Key, int) {
	if len(p) == 1 {
		return "", 0
	}
	switch p[1] {
	case 'O':
		if len(p) < 3 {
			return "", 0
		}
		return sequence(string(p[2:3])), 3
	case '[':
		for i := 2; i < len(p) && i < longestSequence; i++ {
			if p[i] >= 0x40 && p[i] <= 0x7e { // its last byte
				return sequence(string(p[2 : i+1])), i + 1
			}
		}
		if len(p) < longestSequence {
			return "", 0
		}
		return "", longestSequence
	case 0x1b:
		return Escape, 1
	}
	// Alt with a key: the key alone does nothing that Alt should.
	_, n := decodeOne(p[1:])
	if n == 0 {
		return "", 0
	}
	return "", 1 + n
}
