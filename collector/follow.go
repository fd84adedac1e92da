package collector

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	maxBatch = 1000
	// maxDelay is how long readings wait for others while a backlog is read.
	maxDelay = 50 * time.Millisecond
)

// follower reads one growing file and hands its readings to the sink.
type follower struct {
	source, path string
	replaceable  bool // the path may come to mean another file
	sink         hone.Sink
	quiet        int64 // bytes without a reading after which the sink hears the cursor; 0 for never
	given        int64 // the offset of the last cursor that it heard
	reader       *reader
	lines        lines

	file  *os.File
	inode uint64
	// fresh: nothing was read yet at the place where reading goes on. expect is the cursor for it, if
	// there is one.
	fresh   bool
	expect  *cursor
	left    *origin // nothing was read yet behind what an earlier attempt left
	skip    int     // readings of the next line that were handed over before
	batch   []hone.Measurement
	waiting time.Time // since when the batch's first reading waits
	here    place     // after the batch's last reading
}

// place is a position between two readings.
type place struct {
	state
	offset int64
	skip   int
	tail   uint32
}

// begin chooses where to start: where an earlier follower stopped, or behind what an
// earlier attempt left.
func (f *follower) begin(resume []byte, left origin) error {
	f.lines.limit, f.lines.whole = f.reader.whole()
	f.fresh = true
	if len(resume) == 0 {
		f.lines.seek(left.Offset)
		if left.known() {
			f.expect, f.left = &left.cursor, &left
		}
		return nil
	}
	c, err := decodeCursor(resume)
	if err != nil {
		return err
	}
	f.expect, f.skip = &c, c.Skip
	f.reader.state = state{step: c.Step, fractions: c.Fractions}
	f.lines.seek(c.Offset)
	f.given = c.Offset
	return nil
}

// restart goes back to the beginning, because the file is not the one that it was.
func (f *follower) restart() {
	f.lines.seek(0)
	f.reader.state, f.given = state{}, 0
	f.fresh, f.expect, f.left, f.skip = true, nil, nil, 0
}

// poll reads what is there. When the trial has ended, that is the end of the file. It reports whether
// there was anything new.
func (f *follower) poll(ctx context.Context, final bool) (progress bool, err error) {
	before := f.lines.reach()
	for replaced := true; replaced; {
		if f.file == nil {
			if err := f.open(); err != nil || f.file == nil {
				return false, err
			}
		}
		if err := f.drain(ctx); err != nil {
			return true, err
		}
		if replaced = f.replaced(); replaced {
			if err := f.leave(ctx); err != nil {
				return true, err
			}
		}
	}
	if final {
		if f.rewritten() {
			f.restart()
			if err := f.drain(ctx); err != nil {
				return true, err
			}
		}
		if err := f.consume(ctx, true); err != nil {
			return true, err
		}
	}
	return f.lines.reach() != before, f.flush(ctx)
}

// open opens the file if it is there.
func (f *follower) open() error {
	file, inode, err := openRegular(f.path)
	if err != nil && !hopeless(err) {
		return unreadable(f.path, err)
	}
	if file == nil {
		if f.lines.offset > 0 {
			f.restart() // what appears later is another file
		}
		return nil
	}
	f.file, f.inode = file, inode
	if f.expect != nil && f.replaceable && f.expect.Inode != inode {
		f.restart()
	}
	return nil
}

// drain reads to the end of the file.
func (f *follower) drain(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		same, err := f.fill()
		if !same {
			if err := f.consume(ctx, true); err != nil {
				return err
			}
			f.restart()
			continue
		}
		if failure := f.consume(ctx, false); failure != nil {
			return failure
		}
		if failure := f.hear(ctx); failure != nil {
			return failure
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(f.path, err)
		}
		if len(f.batch) > 0 && time.Since(f.waiting) > maxDelay {
			if err := f.flush(ctx); err != nil {
				return err
			}
		}
	}
}

// fill reads the next bytes, and some before them again: if those have changed or are gone, the file was
// shortened or written anew.
func (f *follower) fill() (same bool, err error) {
	room, overlap := f.lines.space()
	var known [history]byte
	copy(known[:], room[:overlap])
	n, err := f.file.ReadAt(room, f.lines.reach()-int64(overlap))
	if err != nil && !errors.Is(err, io.EOF) {
		copy(room, known[:overlap])
		return true, err
	}
	same = n >= overlap
	switch {
	case !same:
	case !f.fresh:
		same = bytes.Equal(room[:overlap], known[:overlap])
	case f.expect != nil:
		same = checksum(room[:overlap]) == f.expect.Tail
	}
	if !same {
		copy(room, known[:overlap])
		return false, nil
	}
	f.fresh = false
	f.lines.end += n - overlap
	return true, err
}

// replaced reports whether the path means another file by now.
func (f *follower) replaced() bool {
	if !f.replaceable {
		return false
	}
	info, err := os.Stat(f.path)
	return err == nil && info.Mode().IsRegular() && inode(info) != f.inode
}

// rewritten reports whether a file ends where it ended before the attempt and yet was written to: then its
// program wrote the same once more.
func (f *follower) rewritten() bool {
	if f.left == nil || f.left.written.IsZero() || f.lines.reach() != f.left.Offset {
		return false
	}
	info, err := f.file.Stat()
	return err == nil && !info.ModTime().Equal(f.left.written)
}

// leave reads the rest of a file that was replaced, and turns to the beginning of the new one.
func (f *follower) leave(ctx context.Context) error {
	if err := f.drain(ctx); err != nil {
		return err
	}
	if err := f.consume(ctx, true); err != nil {
		return err
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	f.close()
	f.restart()
	return nil
}

// consume reads the lines that are there.
func (f *follower) consume(ctx context.Context, final bool) error {
	for {
		start, before := f.lines.start, place{state: f.reader.state, offset: f.lines.offset}
		line, ok := f.lines.next(final)
		if !ok {
			return nil
		}
		ms := f.reader.line(line)
		done := min(f.skip, len(ms))
		f.skip = 0
		for done < len(ms) {
			if len(f.batch) == 0 {
				f.waiting = time.Now()
			}
			n := min(len(ms)-done, maxBatch-len(f.batch))
			f.batch = append(f.batch, ms[done:done+n]...)
			done += n
			if done == len(ms) {
				f.here = place{state: f.reader.state, offset: f.lines.offset, tail: checksum(f.lines.before(f.lines.start))}
			} else {
				f.here = before
				f.here.skip, f.here.tail = done, checksum(f.lines.before(start))
			}
			if len(f.batch) == maxBatch {
				if err := f.flush(ctx); err != nil {
					return err
				}
			}
		}
	}
}

// flush hands the batch over.
func (f *follower) flush(ctx context.Context) error {
	if len(f.batch) == 0 {
		return nil
	}
	if err := f.sink(ctx, f.source, f.cursor(f.here), slices.Clone(f.batch)); err != nil {
		return err
	}
	f.batch, f.given = f.batch[:0], f.here.offset
	return nil
}

// hear tells the sink how far reading is after a long stretch without readings. Within a line that is left out there
// is no place to go on from.
func (f *follower) hear(ctx context.Context) error {
	if f.quiet <= 0 || len(f.batch) > 0 || f.skip > 0 || f.lines.skipping || f.lines.offset-f.given < f.quiet {
		return nil
	}
	at := place{state: f.reader.state, offset: f.lines.offset, tail: checksum(f.lines.before(f.lines.start))}
	if err := f.sink(ctx, f.source, f.cursor(at), nil); err != nil {
		return err
	}
	f.given = at.offset
	return nil
}

func (f *follower) cursor(at place) []byte {
	return cursor{Offset: at.offset, Skip: at.skip, Step: at.step, Fractions: at.fractions, Inode: f.inode, Tail: at.tail}.encode()
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file = nil
	}
}
