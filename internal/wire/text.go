package wire

import (
	"encoding/json"
	"unicode/utf8"
)

// Text is a string of any bytes. In JSON it is a string, or {"base64": "…"} when it is not UTF-8, which
// JSON could not carry.
type Text string

type encodedText struct {
	Base64 Bytes `json:"base64"`
}

// MarshalJSON writes the text.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(encodedText{Base64: Bytes(t)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '{' {
		var e encodedText
		err := Decode(data, "", &e)
		*t = Text(e.Base64)
		return err
	}
	var s *string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	if s == nil {
		return mistake("", "a text must be a string, not null")
	}
	*t = Text(*s)
	return nil
}

func texts(all []string) []Text { return convert[Text](all) }

func stringsOf(all []Text) []string { return convert[string](all) }

// convert turns a list of one kind of string into another, nil into nil.
func convert[To, From ~string](all []From) []To {
	if all == nil {
		return nil
	}
	out := make([]To, len(all))
	for i, s := range all {
		out[i] = To(s)
	}
	return out
}
