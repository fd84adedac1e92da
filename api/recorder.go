package api

import (
	"net/http"
	"time"

	"github.com/hone-tuner/hone/internal/wire"
)

// How long a client may take for what is written to it: a time, and more for what is large.
const (
	writePatience = time.Minute
	slowestReader = 64 << 10 // bytes in a second
)

// recorder notes what was answered and who asked, for the log and the metrics. It gives up on clients that
// do not take their answer.
type recorder struct {
	http.ResponseWriter
	control   *http.ResponseController
	id        string
	operation wire.Operation // "" for what is no route
	caller    string
	err       error // what the answer says
	status    int
	bytes     int64
	broken    bool // whether the connection was broken off
}

func newRecorder(w http.ResponseWriter, id string) *recorder {
	return &recorder{ResponseWriter: w, control: http.NewResponseController(w), id: id}
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.expect(0)
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.expect(len(p))
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// expect gives the client time for so many bytes. Every answer sets the time anew, so that nothing is left over
// for the next one on the connection. What cannot be given a time, such as the answer of a test, waits.
func (r *recorder) expect(bytes int) {
	_ = r.control.SetWriteDeadline(time.Now().Add(writePatience + time.Duration(bytes)*time.Second/slowestReader))
}

// Unwrap lets http.ResponseController flush.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// recorderOf finds the recorder of a request under whatever else wraps its answer; nil if there is none.
func recorderOf(w http.ResponseWriter) *recorder {
	for {
		switch x := w.(type) {
		case *recorder:
			return x
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return nil
		}
	}
}

// noteCaller says who sent the request, for the log. The name holds characters that can be printed only.
func noteCaller(w http.ResponseWriter, name string) {
	if rec := recorderOf(w); rec != nil {
		rec.caller = name
	}
}

// noteError says what the answer is about, for the log.
func noteError(w http.ResponseWriter, err error) {
	if rec := recorderOf(w); rec != nil {
		rec.err = err
	}
}
