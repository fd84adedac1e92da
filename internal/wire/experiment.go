package wire

import (
	"time"

	hone "github.com/hone-tuner/hone"
)

// RunRequest is hone.RunRequest with texts that need not be UTF-8: paths and environments are bytes.
type RunRequest struct {
	Document    Bytes          `json:"document"` // base64
	Directory   Text           `json:"directory"`
	Environment []Text         `json:"environment"`
	Overrides   hone.Overrides `json:"overrides,omitzero"`
	Retention   Retention      `json:"retention,omitzero"`
}

// Retention is hone.Retention.
type Retention struct {
	Age  hone.Duration `json:"age,omitzero"`
	Size int64         `json:"size,omitempty"`
}

// RunRequestOf makes the body of a request.
func RunRequestOf(r hone.RunRequest) RunRequest {
	return RunRequest{Document: r.Document, Directory: Text(r.Directory), Environment: texts(r.Environment),
		Overrides: r.Overrides, Retention: Retention{Age: hone.Duration(r.Retention.Age), Size: r.Retention.Size}}
}

// Request is the request that the body was made of.
func (r RunRequest) Request() hone.RunRequest {
	keep := hone.Retention{Age: time.Duration(r.Retention.Age), Size: r.Retention.Size}
	return hone.RunRequest{Document: r.Document, Directory: string(r.Directory), Environment: stringsOf(r.Environment),
		Overrides: r.Overrides, Retention: keep}
}
