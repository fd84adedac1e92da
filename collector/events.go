package collector

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector/tfevents"
)

const (
	// maxRecord is the longest record that is read; longer ones hold images and the like.
	maxRecord = 256 << 10
	// maxEvents is how many event files of a trial are read, and maxEntries how many files and folders are looked at
	// to find them.
	maxEvents  = 1000
	maxEntries = 20000
	maxFolders = 10
	// rescan is the time between two looks for new files.
	rescan = 500 * time.Millisecond
)

// eventsCursor is where events stands: the offsets of its files, by their paths below the folder.
type eventsCursor struct {
	Files map[string]eventsPlace `json:"files"`
}

// eventsPlace is the place behind a record, and the checksum of that record, by which the file is known again.
type eventsPlace struct {
	Offset int64  `json:"offset"`
	Tail   uint32 `json:"tail,omitempty"`
}

// events follows the event files below a folder and hands their scalars to the sink.
type events struct {
	dir    string
	sink   hone.Sink
	clock  hone.Clock
	wanted *wanted
	names  names
	since  time.Time // what was written before is an earlier attempt's

	files   map[string]*eventFile
	order   []string // their paths, sorted
	scanned time.Time
	buf     []byte
	batch   []hone.Measurement
	waiting time.Time
}

func newEvents(what hone.Collection, clock hone.Clock, sink hone.Sink) (*events, error) {
	e := &events{sink: sink, clock: clock, wanted: newWanted(what), names: names{objective: what.Objective},
		files: map[string]*eventFile{}, since: what.Emission.FromTime}
	if e.dir = what.Spec.Path; !filepath.IsAbs(e.dir) {
		e.dir = filepath.Join(what.Emission.Dir, e.dir)
	}
	var resume []byte
	if what.Resume != nil {
		resume = what.Resume(hone.SourceTensorBoard)
	}
	if len(resume) == 0 {
		return e, nil
	}
	var c eventsCursor
	if err := json.Unmarshal(resume, &c); err != nil {
		return nil, hone.Errorf(hone.DataLoss,
			"where collecting stopped cannot be read (%q): it was stored by another version, or the store is damaged", resume)
	}
	for path, at := range c.Files {
		e.add(path).at = at
	}
	return e, nil
}

// add begins to follow a file.
func (e *events) add(path string) *eventFile {
	f := &eventFile{path: filepath.Join(e.dir, path), run: filepath.ToSlash(filepath.Dir(path))}
	e.files[path] = f
	at, _ := slices.BinarySearch(e.order, path)
	e.order = slices.Insert(e.order, at, path)
	return f
}

// hint says that there was nothing to read; "" if there was.
func (e *events) hint() string {
	if len(e.files) > 0 {
		return ""
	}
	return fmt.Sprintf("There is no event file (…tfevents…) below %s: the program must write to $HONE_TRIAL_DIR, or a folder in it that metrics.path names.", e.dir)
}

func (e *events) close() {
	for _, f := range e.files {
		f.close()
	}
}

// poll reads what is there.
func (e *events) poll(ctx context.Context, final bool) (progress bool, err error) {
	if now := time.Now(); final || now.Sub(e.scanned) >= rescan {
		e.scan(e.dir, ".", new(int))
		e.scanned = now
	}
	var failed error
	for _, path := range e.order {
		f := e.files[path]
		more, err := e.read(ctx, f)
		if ctx.Err() != nil {
			return progress, ctx.Err()
		}
		if err != nil && failed == nil {
			failed = err
		}
		progress = progress || more
		if f.idle = f.idle + 1; more {
			f.idle = 0
		}
		if f.idle > idleLooks || len(e.order) > maxOpen {
			f.close()
		}
	}
	if err := e.flush(ctx); err != nil {
		return progress, err
	}
	return progress, failed
}

// scan looks for event files: everything with tfevents in its name, as TensorBoard does. Folders that begin with a
// point are not looked into, and links to folders are not followed.
func (e *events) scan(dir, run string, looked *int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // it may come yet; Look explains it when the trial has failed
	}
	for _, entry := range entries {
		if *looked++; *looked > maxEntries {
			return
		}
		path := filepath.Join(run, entry.Name())
		switch {
		case entry.IsDir():
			if !strings.HasPrefix(entry.Name(), ".") && strings.Count(path, string(filepath.Separator)) < maxFolders {
				e.scan(filepath.Join(dir, entry.Name()), path, looked)
			}
		case strings.Contains(entry.Name(), "tfevents") && e.files[path] == nil && len(e.files) < maxEvents:
			e.add(path)
		}
	}
}

// read reads the new records of a file.
func (e *events) read(ctx context.Context, f *eventFile) (progress bool, err error) {
	for {
		data, err := f.next(&e.buf)
		if err == io.EOF { //nolint:errorlint // it is our own
			return progress, nil
		}
		if err != nil {
			return progress, err
		}
		progress = true
		if err := e.take(ctx, f, data); err != nil {
			return progress, err
		}
	}
}

// take makes readings of a record.
func (e *events) take(ctx context.Context, f *eventFile, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	event, err := tfevents.Scalars(data, func(tag []byte) bool { return e.find(f.run, tag) != "" })
	if err != nil || !event.Time.IsZero() && event.Time.Before(e.since) {
		return nil //nolint:nilerr // its checksum was right: somebody else's record
	}
	at := event.Time
	if at.IsZero() {
		at = e.clock()
	}
	if len(e.batch) == 0 {
		e.waiting = time.Now()
	}
	first := len(e.batch)
	for _, s := range event.Scalars {
		m := hone.Measurement{Metric: e.find(f.run, []byte(s.Tag)), Value: hone.Float(s.Value), Step: new(event.Step), Time: at}
		same := func(o hone.Measurement) bool { return o.Metric == m.Metric }
		if i := slices.IndexFunc(e.batch[first:], same); i >= 0 {
			e.batch[first+i] = m // the newest stands, so that one record makes no more readings than there are metrics
			continue
		}
		e.batch = append(e.batch, m)
	}
	if len(e.batch) >= maxBatch || len(e.batch) > 0 && time.Since(e.waiting) > maxDelay {
		return e.flush(ctx)
	}
	return nil
}

// find returns the metric that a tag in a run means: the one of its name or, with folders in front, of its run and
// its name, as TensorBoard shows them.
func (e *events) find(run string, tag []byte) string {
	if m, ok := e.wanted.names[string(tag)]; ok {
		return m
	}
	plain := plainName(tag)
	if m, ok := e.wanted.names[string(plain)]; ok {
		return m
	}
	for parts := run; parts != "." && parts != ""; {
		name := parts + "/" + string(plain)
		if m, ok := e.wanted.names[name]; ok {
			return m
		}
		if m, ok := e.wanted.names[string(plainName([]byte(name)))]; ok {
			return m
		}
		_, parts, _ = strings.Cut(parts, "/")
	}
	e.names.add(plain)
	return ""
}

// flush hands the batch over.
func (e *events) flush(ctx context.Context) error {
	if len(e.batch) == 0 {
		return nil
	}
	c := eventsCursor{Files: map[string]eventsPlace{}}
	for path, f := range e.files {
		c.Files[path] = f.at
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := e.sink(ctx, hone.SourceTensorBoard, data, slices.Clone(e.batch)); err != nil {
		return err
	}
	e.batch = e.batch[:0]
	return nil
}
