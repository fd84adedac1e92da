package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/hone-tuner/hone/collector/wrap"
	"github.com/hone-tuner/hone/internal/wire"
)

// last is the last word of the sidecar: whether the service has every reading.
type last wire.LastWord

// of adds what the wrapper has left about the end of the program, if it has.
func (l last) of(exit string) last {
	var e wrap.Ended
	if data, err := os.ReadFile(filepath.Clean(exit)); err == nil && json.Unmarshal(data, &e) == nil {
		l.Start, l.End, l.OutOfMemory = e.Start, e.End, e.OutOfMemory
	}
	return l
}

// write leaves it where the cluster keeps it with the container.
func (l last) write(path string) error {
	const longest = 2000 // bytes; the cluster keeps 4096 of all
	if len(l.Error) > longest {
		l.Error = l.Error[:longest]
	}
	data, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644) //nolint:gosec // it is no secret
}
