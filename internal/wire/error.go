package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	hone "github.com/hone-tuner/hone"
)

// ErrorBody is the body of every answer that is an error.
type ErrorBody struct {
	Error ErrorDetail `json:"error"`
}

// ErrorDetail says what went wrong.
type ErrorDetail struct {
	Code    hone.Kind `json:"code"`
	Message string    `json:"message"`
	// Fields are the single mistakes of a document.
	Fields []hone.FieldError `json:"fields,omitempty"`
	// Expected is the sequence number that the next batch of measurements must carry, and Got the one
	// that came.
	Expected *int64 `json:"expected,omitempty"`
	Got      *int64 `json:"got,omitempty"`
}

// ErrorBodyOf makes the body of an error.
func ErrorBodyOf(err error) ErrorBody {
	d := ErrorDetail{Code: KindOf(err), Message: err.Error()}
	var fields hone.FieldErrors
	if errors.As(err, &fields) {
		d.Fields = fields
	}
	var sequence *hone.SequenceError
	if errors.As(err, &sequence) {
		d.Expected, d.Got = &sequence.Expected, &sequence.Got
	}
	return ErrorBody{Error: d}
}

// Err turns the detail back into the error that it was made of: errors.Is finds its kind, errors.As its
// FieldErrors and its SequenceError.
func (d ErrorDetail) Err() error {
	var causes []error
	if len(d.Fields) > 0 {
		causes = append(causes, hone.FieldErrors(d.Fields))
	}
	if d.Expected != nil {
		s := &hone.SequenceError{Expected: *d.Expected}
		if d.Got != nil {
			s.Got = *d.Got
		}
		causes = append(causes, s)
	}
	if len(causes) == 1 && causes[0].Error() == d.Message && errors.Is(causes[0], d.Code) {
		return causes[0]
	}
	return hone.Errorf(d.Code, "%w", &answer{message: d.Message, causes: causes})
}

// answer is an error with the text that the server gave it.
type answer struct {
	message string
	causes  []error
}

func (a *answer) Error() string   { return a.message }
func (a *answer) Unwrap() []error { return a.causes }

// ErrorOf reads the error out of an answer: of a body that ErrorBodyOf made or, where something else
// answered (a proxy, another program), of the status and what was said.
func ErrorOf(status int, body []byte) error {
	var b ErrorBody
	if json.Unmarshal(body, &b) == nil && b.Error.Code != "" {
		if !slices.Contains(hone.Kinds(), b.Error.Code) {
			b.Error.Code = KindOfStatus(status)
		}
		return b.Error.Err()
	}
	text := strings.TrimSpace(strings.ToValidUTF8(string(body), "\uFFFD"))
	const longest = 200
	if len(text) > longest {
		end := longest
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	message := fmt.Sprintf("the server answered %d %s", status, http.StatusText(status))
	if text != "" {
		message += ": " + text
	}
	return hone.Errorf(KindOfStatus(status), "%s", message)
}
