package codec

import "github.com/hone-tuner/hone"

// EncodeEvent writes an event.
func EncodeEvent(ev hone.Event) ([]byte, error) { return encode("event "+string(ev.Type), ev) }

// DecodeEvent reads what EncodeEvent wrote.
func DecodeEvent(record []byte) (hone.Event, error) {
	var ev hone.Event
	return ev, decode("an event", record, &ev)
}
