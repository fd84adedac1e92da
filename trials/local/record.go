package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	hone "github.com/hone-tuner/hone"
)

// recordVersion is the version of the record's format.
const recordVersion = 1

// recordLimit bounds what is read of a record: the programs could write there, too.
const recordLimit = 64 << 10

// record is what is known of an attempt, in up to three lines of JSON. It fits into one block of the disk,
// so that its end can be written where a program has filled the disk.
type record struct {
	Intent *intent `json:"intent,omitempty"`
	Birth  *birth  `json:"birth,omitempty"`
	Death  *death  `json:"death,omitempty"`
}

// intent is written before anything is started.
type intent struct {
	Version int            `json:"version"`
	ID      hone.AttemptID `json:"id"`
	Boot    string         `json:"boot"` // which run of the machine it is
	Start   time.Time      `json:"start"`
	// Clock is the time since boot, in nanoseconds: a process of this attempt is not older.
	Clock int64  `json:"clock"`
	File  string `json:"file,omitempty"` // the metrics file
	origin
	GPUs []string `json:"gpus,omitempty"`
}

// birth is written when the process lives.
type birth struct {
	PID   int   `json:"pid"`
	Clock int64 `json:"clock"` // the process is not younger
}

// death is written when it has ended, before anybody is told.
type death struct {
	Exit hone.Exit `json:"exit"`
	Boot string    `json:"boot"`
	// Sizes are those of stdout, stderr and the metrics file: after a power loss they tell whether what the
	// program wrote is whole.
	Sizes [3]int64 `json:"sizes"`
}

// parseRecord reads a record. A line that is torn or not understood counts as not written.
func parseRecord(data []byte) record {
	var r record
	for line := range bytes.Lines(data) {
		var l record
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &l) != nil {
			continue
		}
		if r.Intent == nil {
			r.Intent = l.Intent
		}
		if r.Birth == nil {
			r.Birth = l.Birth
		}
		if r.Death == nil {
			r.Death = l.Death
		}
	}
	return r
}

// add appends a line to a record.
func (r record) add(f io.Writer) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return err
}

// readRecord reads the record of an attempt. One that does not exist is an empty record.
func readRecord(root *os.Root, p place) (record, error) {
	f, err := openRegular(root, p.attemptDir()+"/"+recordName)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, nil
	}
	if err != nil {
		return record{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, recordLimit))
	return parseRecord(data), errors.Join(err, f.Close())
}

// openRegular opens a file for reading, if it is one: a program could have put a pipe in its place, which
// would block.
func openRegular(root *os.Root, name string) (*os.File, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ended returns the exit that the record tells of, if it can be trusted: one that was written before the
// machine was last started counts only when the output is as long as it was then.
func (r record) ended(root *os.Root, p place, boot string) (hone.Exit, bool) {
	if r.Death == nil {
		return hone.Exit{}, false
	}
	if r.Death.Boot == boot {
		return r.Death.Exit, true
	}
	for i, size := range r.sizes(root, p) {
		if size < r.Death.Sizes[i] {
			return r.lost(lostOutput, r.Death.Exit.End), true
		}
	}
	return r.Death.Exit, true
}

// sizes measures what the program wrote. What is not there has no size.
func (r record) sizes(root *os.Root, p place) (sizes [3]int64) {
	for i, name := range []string{stdoutName, stderrName} {
		if info, err := root.Stat(p.attemptDir() + "/" + name); err == nil {
			sizes[i] = info.Size()
		}
	}
	if r.Intent != nil && r.Intent.File != "" {
		sizes[2] = fileSize(r.Intent.File)
	}
	return sizes
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Why an attempt is lost.
const (
	lostOutput     = "the machine went down before the output of the trial had reached the disk"
	lostReboot     = "the machine was started anew while the trial ran"
	lostSupervisor = "the process that watched over the trial ended abnormally; what was left of the trial was killed"
	lostFolder     = "the folder of the trial was removed and the process that watched over it ended; what was left of the trial was killed"
	lostRecord     = "nothing is known of this attempt: its record has gone"
)

// lost is the exit of an attempt of which nobody knows the end.
func (r record) lost(message string, end time.Time) hone.Exit {
	exit := hone.Exit{Reason: hone.Lost, Message: message, Code: -1, End: end}
	if r.Intent != nil {
		exit.Start = r.Intent.Start
	}
	return exit
}
