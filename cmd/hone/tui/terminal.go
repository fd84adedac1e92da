package tui

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"
)

// escapeWithin is how long the rest of a key's sequence may take to come.
const escapeWithin = 40 * time.Millisecond

// Terminal is a terminal that was taken over: its keys come one by one, nothing is echoed, and what stood on it is
// kept until Close. Ctrl-C is a key.
type Terminal struct {
	in, out *os.File
	state   *term.State
	keys    chan Key
	resized chan os.Signal
	done    chan struct{}
	close   func() error
	painter Painter
}

const (
	enter = "\x1b[?1049h\x1b[?25l" // another screen, without a cursor
	leave = "\x1b[0m\x1b[?25h\x1b[?1049l"
)

// Open takes a terminal over.
func Open(in, out *os.File) (*Terminal, error) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("the keyboard cannot be read: %w", err)
	}
	t := &Terminal{in: in, out: out, state: state, keys: make(chan Key), resized: make(chan os.Signal, 1), done: make(chan struct{}),
		painter: Painter{Out: out}}
	t.close = sync.OnceValue(t.restore)
	if _, err := out.WriteString(enter); err != nil {
		_ = t.Close()
		return nil, err
	}
	signal.Notify(t.resized, syscall.SIGWINCH)
	chunks := make(chan []byte)
	go t.read(chunks)
	go t.decode(chunks)
	return t, nil
}

// Close gives the terminal back as it was.
func (t *Terminal) Close() error { return t.close() }

func (t *Terminal) restore() error {
	signal.Stop(t.resized)
	close(t.done)
	_, err := t.out.WriteString(leave)
	if failed := term.Restore(int(t.in.Fd()), t.state); failed != nil {
		return failed
	}
	return err
}

// Keys are the keys that are pressed. The channel is closed when no more can come.
func (t *Terminal) Keys() <-chan Key { return t.keys }

// Resized tells that the size may have changed.
func (t *Terminal) Resized() <-chan os.Signal { return t.resized }

// Size is the size in characters, or that of a small terminal where it is not known.
func (t *Terminal) Size() (width, height int) {
	if width, height, err := term.GetSize(int(t.out.Fd())); err == nil && width > 0 && height > 0 {
		return width, height
	}
	return 80, 24
}

// Draw shows a frame.
func (t *Terminal) Draw(lines []string) error {
	width, height := t.Size()
	return t.painter.Draw(lines, width, height)
}

// Redraw makes the next frame be drawn as a whole: something else may have written to the terminal.
func (t *Terminal) Redraw() { t.painter.Forget() }

func (t *Terminal) read(chunks chan<- []byte) {
	defer close(chunks)
	for {
		buf := make([]byte, 256)
		n, err := t.in.Read(buf)
		if n > 0 {
			select {
			case chunks <- buf[:n]:
			case <-t.done:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// decode makes keys of bytes. An ESC is the key of that name only if nothing follows for a moment.
func (t *Terminal) decode(chunks <-chan []byte) {
	defer close(t.keys)
	var rest []byte
	for {
		var late <-chan time.Time
		if len(rest) > 0 {
			late = time.After(escapeWithin)
		}
		var keys []Key
		select {
		case chunk, ok := <-chunks:
			if !ok {
				return
			}
			keys, rest = Decode(append(rest, chunk...), false)
		case <-late:
			keys, rest = Decode(rest, true)
		case <-t.done:
			return
		}
		for _, k := range keys {
			select {
			case t.keys <- k:
			case <-t.done:
				return
			}
		}
	}
}
