package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hone-tuner/hone"
)

// standardInput is the name of the file that is read from stdin.
const standardInput = "-"

// maxExperimentFile is more than any experiment file that is accepted.
const maxExperimentFile = 4 << 20

// inputFile is a file that the user named.
type inputFile struct {
	name    string // as it was named
	folder  string // absolute
	content []byte
}

// readFile reads an experiment file, or stdin for "-", which is in the current folder.
func (a *app) readFile(name string) (inputFile, error) {
	f := inputFile{name: name}
	in, folder := a.stdin, "."
	if name != standardInput {
		file, err := os.Open(name)
		if err != nil {
			return f, openError(name, err)
		}
		defer func() { _ = file.Close() }()
		in, folder = file, filepath.Dir(name)
	}
	var err error
	if f.folder, err = filepath.Abs(folder); err != nil {
		return f, err
	}
	f.content, err = readBounded(in, name, maxExperimentFile)
	return f, err
}

// readBounded reads all there is, up to a limit.
func readBounded(r io.Reader, name string, limit int64) ([]byte, error) {
	if name == standardInput {
		name = "standard input"
	}
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, hone.Errorf(hone.InvalidArgument, "%s cannot be read: %w", name, err)
	case int64(len(content)) > limit:
		return nil, hone.Errorf(hone.InvalidArgument, "%s is larger than %s, which is more than any such file may have", name, sizeValue(limit))
	}
	return content, nil
}

func openError(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return hone.Errorf(hone.InvalidArgument, "there is no file %s: `hone init %s` writes one to start from", name, name)
	}
	return hone.Errorf(hone.InvalidArgument, "%s cannot be opened: %w", name, err)
}
