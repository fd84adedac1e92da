package contest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"github.com/hone-tuner/hone"
)

// File is a file of results. Every record is on disk when Add returns, so that a plan that was stopped can be
// taken up again.
type File struct {
	mu   sync.Mutex
	f    *os.File
	done map[Key]Record
}

// OpenFile opens a file of results, or begins one. A last line that was cut off is removed. The error is of
// kind Unavailable while another one has it open.
func OpenFile(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, hone.Errorf(hone.Unavailable, "another contest writes to %s: %w", path, err)
	}
	data, err := io.ReadAll(f)
	if err == nil {
		whole := int64(bytes.LastIndexByte(data, '\n') + 1)
		if err = f.Truncate(whole); err == nil {
			_, err = f.Seek(whole, io.SeekStart)
		}
	}
	var records []Record
	if err == nil {
		records, err = ReadRecords(bytes.NewReader(data))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	done := map[Key]Record{}
	for _, r := range records {
		done[r.Key()] = r
	}
	return &File{f: f, done: done}, nil
}

// Get returns the record of a run.
func (f *File) Get(k Key) (Record, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.done[k]
	return r, ok
}

// Add writes a record.
func (f *File) Add(r Record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.f.Write(append(line, '\n')); err != nil {
		return hone.Errorf(hone.ResourceExhausted, "writing results: %w", err)
	}
	f.done[r.Key()] = r
	return nil
}

// Close closes the file.
func (f *File) Close() error { return f.f.Close() }

// ReadFiles reads the records of several files; later ones supersede earlier ones.
func ReadFiles(paths ...string) ([]Record, error) {
	var all bytes.Buffer
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if _, err := ReadRecords(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all.Write(data[:bytes.LastIndexByte(data, '\n')+1])
	}
	return ReadRecords(&all)
}
