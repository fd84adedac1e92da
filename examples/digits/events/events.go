// Package events writes scalars as TensorBoard's event files have them. Create begins a file. It imports the standard
// library only.
//
// A file is a series of records: the length, a checksum of it, the content, a checksum of that. The content is a
// protobuf message Event, of which four fields are used: wall_time (1), step (2), file_version (3), and summary (5), a
// list of values (1) with a tag (1) and a simple_value (2).
package events

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"
)

// Writer writes one event file.
type Writer struct {
	out io.WriteCloser
	now func() time.Time
}

// Scalar is a value with its name.
type Scalar struct {
	Tag   string
	Value float64
}

// Create begins a file in a folder, which is made if it is not there.
func Create(dir string, now func() time.Time) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for others to look at
		return nil, err
	}
	host, _ := os.Hostname()
	name := fmt.Sprintf("events.out.tfevents.%010d.%s.%d", now().Unix(), host, os.Getpid())
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644) //nolint:gosec // likewise
	if err != nil {
		return nil, err
	}
	w := &Writer{out: f, now: now}
	return w, w.record(text(w.begin(nil, 0), 3, "brain.Event:2"))
}

// Add writes the values of a step. They are in the file when it returns.
func (w *Writer) Add(step int, scalars ...Scalar) error {
	var summary []byte
	for _, s := range scalars {
		value := text(nil, 1, s.Tag)
		value = append(value, 2<<3|5)
		value = binary.LittleEndian.AppendUint32(value, math.Float32bits(float32(s.Value)))
		summary = text(summary, 1, string(value))
	}
	return w.record(text(w.begin(nil, step), 5, string(summary)))
}

// Close closes the file.
func (w *Writer) Close() error { return w.out.Close() }

// begin writes the fields that every event has.
func (w *Writer) begin(b []byte, step int) []byte {
	b = append(b, 1<<3|1)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(w.now().UnixMicro())/1e6))
	return binary.AppendUvarint(append(b, 2<<3), uint64(step)) //nolint:gosec // not negative
}

// text writes a field of bytes: a text, or another message.
func text(b []byte, field byte, content string) []byte {
	b = binary.AppendUvarint(append(b, field<<3|2), uint64(len(content)))
	return append(b, content...)
}

func (w *Writer) record(content []byte) error {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(content)))
	b = binary.LittleEndian.AppendUint32(b, checksum(b))
	b = append(b, content...)
	b = binary.LittleEndian.AppendUint32(b, checksum(content))
	_, err := w.out.Write(b)
	return err
}

// checksum is the CRC-32C, rotated and moved, so that the checksum of data that has checksums in it is none of these.
func checksum(data []byte) uint32 {
	c := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}
