package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

const (
	stateName   = "state.json"
	batchSuffix = ".batch"
	unfinished  = ".new"
	reserveName = "reserve"
	// reserve is the room on the disk that is kept for a batch and the state: the disk is shared with what the
	// program prints, which may fill it.
	reserve = 256 << 10
)

// state is what has to be known besides the batches that wait.
type state struct {
	// Acknowledged is the number of the newest batch that the service has, and Readings how many it has in all.
	Acknowledged int64 `json:"acknowledged"`
	Readings     int64 `json:"readings"`
	// Shift is what the service's numbers are ahead of ours; it is not 0 only where the service has lost some.
	Shift int64 `json:"shift,omitempty"`
	// Lost is what is missing there for good.
	Lost string `json:"lost,omitempty"`
	// Cursor is where the source stands after batch After, or further where there was nothing to report.
	After  int64  `json:"after"`
	Cursor []byte `json:"cursor,omitempty"`
}

// header is the first line of a batch on disk. What follows it are the readings as they are sent.
type header struct {
	Readings int    `json:"readings"`
	Cursor   []byte `json:"cursor"`
}

// spool keeps batches on disk until they are acknowledged. Each is a file, named by its number, that appears as a
// whole; so does the state. It is for one goroutine at a time.
type spool struct {
	dir    string
	state  state
	newest int64 // the number of the newest batch
	cursor []byte
	bytes  int64           // of the batches that wait
	sizes  map[int64]int64 // of each
	ready  bool            // the reserve is there
}

// openSpool reads what an earlier one left.
func openSpool(dir string) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, hone.Errorf(hone.Unavailable, "readings cannot be kept in %s: %w", dir, err)
	}
	s := &spool{dir: dir, sizes: map[int64]int64{}}
	data, err := os.ReadFile(s.path(stateName))
	if err == nil {
		err = json.Unmarshal(data, &s.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, hone.Errorf(hone.DataLoss, "how far reporting was cannot be read: %w", err)
	}
	s.newest, s.cursor = s.state.After, s.state.Cursor
	s.provide()
	return s, s.scan()
}

// scan finds the batches that wait, and the cursor behind them.
func (s *spool) scan() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return hone.Errorf(hone.Unavailable, "the readings that wait cannot be listed: %w", err)
	}
	for _, e := range entries {
		number, err := strconv.ParseInt(strings.TrimSuffix(e.Name(), batchSuffix), 10, 64)
		if err != nil || !strings.HasSuffix(e.Name(), batchSuffix) {
			continue
		}
		if number <= s.state.Acknowledged {
			_ = os.Remove(s.path(e.Name())) // it is not read again either way
			continue
		}
		head, readings, err := s.read(number)
		if err != nil {
			return err
		}
		s.sizes[number] = int64(len(readings))
		s.bytes += int64(len(readings))
		if number > s.newest {
			s.newest, s.cursor = number, head.Cursor
		}
	}
	for n := s.state.Acknowledged + 1; n <= s.newest; n++ {
		if _, found := s.sizes[n]; !found {
			return hone.Errorf(hone.DataLoss, "batch %d of the readings that wait is missing", n)
		}
	}
	return nil
}

func (s *spool) path(name string) string { return filepath.Join(s.dir, name) }

func (s *spool) file(number int64) string {
	return s.path(fmt.Sprintf("%012d%s", number, batchSuffix))
}

// first is the number of the batch to send next; 0 when none waits.
func (s *spool) first() int64 {
	if s.newest > s.state.Acknowledged {
		return s.state.Acknowledged + 1
	}
	return 0
}

// put adds a batch. Once it returns nil, the batch will be sent as it is, whatever happens to this process.
func (s *spool) put(cursor []byte, ms []hone.Measurement) error {
	readings, err := json.Marshal(wire.BatchOf(hone.Batch{Measurements: ms}).Measurements)
	if err != nil {
		return hone.Errorf(hone.Internal, "readings cannot be written as JSON: %w", err)
	}
	head, err := json.Marshal(header{Readings: len(ms), Cursor: cursor})
	if err != nil {
		return err
	}
	number := s.newest + 1
	if err := s.write(s.file(number), slices.Concat(head, []byte{'\n'}, readings)); err != nil {
		return err
	}
	s.newest, s.cursor = number, cursor
	s.sizes[number] = int64(len(readings))
	s.bytes += int64(len(readings))
	return nil
}

// pass notes that there was nothing to report up to a cursor.
func (s *spool) pass(cursor []byte) error {
	next := s.state
	next.After, next.Cursor = s.newest, cursor
	if err := s.save(next); err != nil {
		return err
	}
	s.cursor = cursor
	return nil
}

// read reads a batch that waits.
func (s *spool) read(number int64) (h header, readings []byte, err error) {
	data, err := os.ReadFile(s.file(number))
	if err != nil {
		return h, nil, hone.Errorf(hone.DataLoss, "batch %d of the readings that wait cannot be read: %w", number, err)
	}
	head, readings, found := bytes.Cut(data, []byte{'\n'})
	if err := json.Unmarshal(head, &h); err != nil || !found {
		return h, nil, hone.Errorf(hone.DataLoss, "batch %d of the readings that wait is damaged", number)
	}
	return h, readings, nil
}

// acknowledged forgets the first batch.
func (s *spool) acknowledged(h header) error {
	next := s.state
	next.Acknowledged++
	next.Readings += int64(h.Readings)
	if next.Acknowledged > next.After {
		next.After, next.Cursor = next.Acknowledged, h.Cursor
	}
	if err := s.save(next); err != nil {
		return err
	}
	_ = os.Remove(s.file(next.Acknowledged)) // if it stays, it is taken away at the next start
	s.bytes -= s.sizes[next.Acknowledged]
	delete(s.sizes, next.Acknowledged)
	s.provide()
	return nil
}

// provide makes the reserve, if there is room for it.
func (s *spool) provide() {
	if s.ready {
		return
	}
	path := s.path(reserveName)
	if err := os.WriteFile(path, make([]byte, reserve), 0o600); err != nil {
		_ = os.Remove(path) // what there is of it takes room
		return
	}
	s.ready = true
}

func (s *spool) save(next state) error {
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := s.write(s.path(stateName), data); err != nil {
		return err
	}
	s.state = next
	return nil
}

// write makes a file appear with all of its content. It has to outlive the process, not the machine: the disk is the
// pod's and goes with it.
func (s *spool) write(path string, data []byte) error {
	fresh := path + unfinished
	err := os.WriteFile(fresh, data, 0o600)
	if err != nil && s.ready {
		s.ready = false
		_ = os.Remove(s.path(reserveName))
		err = os.WriteFile(fresh, data, 0o600)
	}
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		_ = os.Remove(fresh) // what there is of it takes room
		return hone.Errorf(hone.Unavailable, "readings cannot be kept until they are sent: %w", err)
	}
	return nil
}
