package wrap

import (
	"errors"
	"os"
	"syscall"
	"time"
)

const (
	// chunk is what is read at once, and pipeSize what the program can print ahead.
	chunk    = 256 << 10
	pipeSize = 1 << 20
	// retry is how long a full disk is left alone.
	retry = time.Second
	// measure is how many bytes are copied between two looks at how much room the copy takes.
	measure = 16 << 20
)

// tee passes the output of a program on, and copies it.
type tee struct {
	o    Options
	in   *os.File // what the program prints
	copy *os.File
	lost int64 // bytes that were not copied

	since  int64     // bytes since the last look at the copy's size
	full   time.Time // since when nothing is copied; zero while all is well
	broken bool      // a piece is missing just before what is copied next
	deaf   bool      // nobody takes what is passed on
}

// newTee makes the pipe that the program prints into; stdout is its end of it.
func newTee(o Options) (t *tee, stdout int, err error) {
	file, err := openCopy(o.Copy)
	if err != nil {
		return nil, 0, bareError(err)
	}
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		_ = file.Close() // nothing was written
		return nil, 0, err
	}
	syscall.CloseOnExec(ends[0])
	syscall.CloseOnExec(ends[1])
	_ = syscall.SetNonblock(ends[0], true) // our end only: programs expect that writing waits
	widen(ends[1], pipeSize)
	return &tee{o: o, in: os.NewFile(uintptr(ends[0]), "stdout"), copy: file}, ends[1], nil
}

// openCopy opens the file for everybody to read and to shorten: the collector may be another user. What an earlier
// run of the program left is ended with a line feed.
func openCopy(path string) (*os.File, error) {
	const mode = 0o666
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, mode) //nolint:gosec // see above
	if err != nil {
		return nil, err
	}
	_ = f.Chmod(mode) // of the umask; it may be another user's, and then has this mode already
	last := make([]byte, 1)
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			_, _ = f.Write([]byte{'\n'}) // else the first line is one with the last one
		}
	}
	return f, nil
}

// run passes on and copies until the program, and all that it has left its output to, have closed it, or until end.
func (t *tee) run() {
	defer func() { _, _ = t.in.Close(), t.copy.Close() }()
	buf := make([]byte, chunk)
	for {
		n, err := t.in.Read(buf)
		t.take(buf[:n])
		if err == nil {
			continue
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.rest(buf)
		}
		return
	}
}

// end makes run return when it has taken what is in the pipe: what others than the program print later is not waited
// for.
func (t *tee) end() { _ = t.in.SetReadDeadline(time.Unix(1, 0)) }

// rest takes what was in the pipe when the program ended: no more than the pipe can hold.
func (t *tee) rest(buf []byte) {
	raw, err := t.in.SyscallConn()
	if err != nil {
		return
	}
	for left := pipeSize; left > 0; {
		var n int
		var failure error
		err := raw.Control(func(fd uintptr) { n, failure = syscall.Read(int(fd), buf[:min(left, len(buf))]) })
		if errors.Is(failure, syscall.EINTR) {
			continue
		}
		if err != nil || failure != nil || n <= 0 { // EAGAIN: nothing is left
			return
		}
		t.take(buf[:n])
		left -= n
	}
}

// take passes a piece on first: whoever reads it there is not to wait for our disk.
func (t *tee) take(piece []byte) {
	if len(piece) == 0 {
		return
	}
	if !t.deaf {
		if _, err := t.o.Stdout.Write(piece); err != nil {
			t.deaf = true // the container's log is gone; the metrics still count
			note(t.o.Stderr, "the standard output cannot be passed on: %v", bareError(err))
		}
	}
	t.keep(piece)
}

// keep copies a piece, if there is room. What does not fit is lost to the collector, and never waited for.
func (t *tee) keep(piece []byte) {
	now := t.o.Clock()
	if !t.full.IsZero() {
		if now.Sub(t.full) < retry {
			t.lost += int64(len(piece))
			return
		}
		t.since = measure
	}
	err := t.room(len(piece))
	if err == nil && t.broken {
		_, err = t.copy.Write([]byte{'\n'}) // the line that was cut is not to go on with another one
	}
	n := 0
	if err == nil {
		n, err = t.copy.Write(piece)
	}
	if err == nil {
		t.full, t.broken = time.Time{}, false
		return
	}
	if t.lost == 0 {
		note(t.o.Stderr, "some of the output is not copied, so that metrics may be missing: %v", bareError(err))
	}
	t.lost += int64(len(piece) - n)
	t.full, t.broken = now, true
}

// errLimit says that the copy has grown as large as it may.
var errLimit = errors.New("what was copied takes too much room, as nobody has read it yet")

// room looks now and then whether the copy takes more room than it may: what was read is taken away behind its
// reader.
func (t *tee) room(n int) error {
	if t.since += int64(n); t.o.CopyLimit <= 0 || t.since < measure {
		return nil
	}
	t.since = 0
	var st syscall.Stat_t
	if err := syscall.Fstat(int(t.copy.Fd()), &st); err == nil && st.Blocks*512 > t.o.CopyLimit {
		return errLimit
	}
	return nil
}
