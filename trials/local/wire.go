package local

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
)

// protocol is the version of what travels over the socket. The shape of a frame and of hello never change.
const protocol = 1

// What a frame is about.
const (
	opHello = "hello" // both ways, first
	opStart = "start" // start an attempt, or adopt it
	opWatch = "watch" // tell how an attempt stands, and its end when it ends
	opStop  = "stop"
	opList  = "list"  // what runs
	opReply = "reply" // the answer to a request
	opExit  = "exit"  // an attempt has ended; goes to everybody
)

// request goes from the runner to the supervisor.
type request struct {
	Op       string         `json:"op"`
	Seq      uint64         `json:"seq,omitempty"` // the answer carries it
	Protocol int            `json:"protocol,omitempty"`
	ID       hone.AttemptID `json:"id,omitzero"`
	Place    place          `json:"place,omitzero"`
	Grace    time.Duration  `json:"grace,omitempty"`
	Program  *program       `json:"program,omitempty"`
}

// program is what opStart starts. Its strings come behind the head: folder, arguments, environment.
type program struct {
	Args    int           `json:"args"` // how many of the strings are arguments
	Timeout time.Duration `json:"timeout,omitempty"`
	File    string        `json:"file,omitempty"` // the metrics file
	// Since is when the start was recorded in the store.
	Since   time.Time `json:"since,omitzero"`
	GPUs    int       `json:"gpus,omitempty"`
	Devices []string  `json:"devices,omitempty"` // to choose them from
}

// answer goes from the supervisor to the runner.
type answer struct {
	Op       string         `json:"op"`
	Seq      uint64         `json:"seq,omitempty"`
	Protocol int            `json:"protocol,omitempty"`
	PID      int            `json:"pid,omitempty"`
	ID       hone.AttemptID `json:"id,omitzero"`
	origin
	Exit    *hone.Exit    `json:"exit,omitempty"` // nil while it runs
	Live    []liveAttempt `json:"live,omitempty"`
	Kind    hone.Kind     `json:"kind,omitempty"` // of an error
	Message string        `json:"message,omitempty"`
}

// liveAttempt is an attempt that runs.
type liveAttempt struct {
	ID   hone.AttemptID `json:"id"`
	PID  int            `json:"pid"`
	GPUs []string       `json:"gpus,omitempty"`
}

func (a answer) err() error {
	if a.Kind == "" {
		return nil
	}
	return hone.Errorf(a.Kind, "%s", a.Message)
}

func failure(err error) answer {
	return answer{Op: opReply, Kind: hone.KindOf(err), Message: err.Error()}
}

// frameLimit bounds a frame; the system bounds argv and environment at about two megabytes.
const frameLimit = 16 << 20

// frame makes a frame: the lengths of head and body, the head in JSON, the body.
func frame(head any, body []byte) ([]byte, error) {
	data, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	if len(data)+len(body) > frameLimit {
		return nil, hone.Errorf(hone.InvalidArgument, "arguments and environment of %d bytes are more than a program can be given", len(body))
	}
	out := make([]byte, 0, 8+len(data)+len(body))
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	return append(append(out, data...), body...), nil
}

// readFrame reads one frame into head and returns its body.
func readFrame(r io.Reader, head any) ([]byte, error) {
	var lengths [8]byte
	if _, err := io.ReadFull(r, lengths[:]); err != nil {
		return nil, err
	}
	n, m := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if n > frameLimit || m > frameLimit {
		return nil, fmt.Errorf("a frame of %d and %d bytes is larger than any is", n, m)
	}
	data := make([]byte, n+m)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("a frame was cut off: %w", err)
	}
	if err := json.Unmarshal(data[:n], head); err != nil {
		return nil, fmt.Errorf("a frame is not understood: %w", err)
	}
	return data[n:], nil
}

// pack writes strings one after the other, each with a zero byte behind it. JSON would change bytes that are
// not UTF-8.
func pack(size int, lists ...[]string) []byte {
	out := make([]byte, 0, size)
	for _, list := range lists {
		for _, s := range list {
			out = append(append(out, s...), 0)
		}
	}
	return out
}

// unpack reads what pack wrote.
func unpack(body []byte) []string {
	if len(body) == 0 || body[len(body)-1] != 0 {
		return nil
	}
	return strings.Split(string(body[:len(body)-1]), "\x00")
}
