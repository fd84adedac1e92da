package codec

import (
	"bytes"
	"encoding/json"

	"github.com/hone-tuner/hone"
)

// encode writes a document as a sealed record of JSON.
func encode(what string, document any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte(jsonV1)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a manifest stays as it was written
	if err := enc.Encode(document); err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%s cannot be stored: %w", what, err)
	}
	return seal(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// decode reads what encode wrote. Nothing of the result shares memory with the record.
func decode(what string, record []byte, document any) error {
	data, err := unseal(jsonV1, record)
	if err != nil {
		return hone.Errorf(hone.DataLoss, "%s cannot be read: %w", what, err)
	}
	if err := json.Unmarshal(data, document); err != nil {
		return hone.Errorf(hone.DataLoss, "%s cannot be read: %w", what, err)
	}
	return nil
}
