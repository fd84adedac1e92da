package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	hone "github.com/hone-tuner/hone"
)

// EventStream is the content type of server-sent events.
const EventStream = "text/event-stream"

// errorEvent is the type of the message that ends a stream with an error.
const errorEvent = "error"

// WriteEvent writes an event as a message: its sequence number is the message's id.
func WriteEvent(w io.Writer, ev hone.Event) error {
	data, err := json.Marshal(ev)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", ev.Sequence, data)
	return err
}

// WriteEventError writes the error that ends a stream.
func WriteEventError(w io.Writer, cause error) error {
	data, err := json.Marshal(ErrorBodyOf(cause))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", errorEvent, data)
	return err
}

// WriteHeartbeat writes a comment that keeps the connection from looking dead.
func WriteHeartbeat(w io.Writer) error {
	_, err := io.WriteString(w, ": heartbeat\n\n")
	return err
}

// messageLimit bounds a line of a stream.
const messageLimit = 16 << 20

// EventReader reads the messages of a stream.
type EventReader struct {
	lines *bufio.Scanner
}

// NewEventReader reads messages from a stream.
func NewEventReader(r io.Reader) *EventReader {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 4096), messageLimit)
	return &EventReader{lines: lines}
}

// Next returns the next event. At the end of the stream it is io.EOF; a message that carries an error is
// returned as that error.
func (r *EventReader) Next() (hone.Event, error) {
	var kind string
	var data []byte
	for r.lines.Scan() {
		line := r.lines.Bytes()
		if len(line) == 0 {
			if len(data) > 0 {
				return decodeMessage(kind, data)
			}
			kind = ""
			continue
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(name) {
		case "event":
			kind = string(value)
		case "data":
			if data != nil {
				data = append(data, '\n')
			}
			data = append(data, value...)
		}
	}
	if err := r.lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return hone.Event{}, hone.Errorf(hone.Internal, "an event of more than %d MiB", messageLimit>>20)
		}
		return hone.Event{}, err
	}
	return hone.Event{}, io.EOF
}

func decodeMessage(kind string, data []byte) (hone.Event, error) {
	if kind == errorEvent {
		return hone.Event{}, ErrorOf(http.StatusInternalServerError, data)
	}
	var ev hone.Event
	if err := json.Unmarshal(data, &ev); err != nil {
		return ev, hone.Errorf(hone.Internal, "an event that cannot be read: %w", err)
	}
	return ev, nil
}
