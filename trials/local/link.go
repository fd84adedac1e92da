package local

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// pendingLimit is how much may wait for a peer that does not read.
const pendingLimit = 32 << 20

// link is one end of a connection. Sending never blocks: a peer that was stopped must not stop the other.
type link struct {
	conn   net.Conn
	raw    syscall.RawConn
	reader *bufio.Reader

	mu       sync.Mutex
	pending  []byte // what the socket had no room for
	flushing bool
	failed   error
}

func newLink(conn net.Conn) (*link, error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil, errors.New("the connection is no socket")
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &link{conn: conn, raw: raw, reader: bufio.NewReaderSize(conn, 32<<10)}, nil
}

func (l *link) close() { _ = l.conn.Close() }

// receive waits for the next frame.
func (l *link) receive(head any) ([]byte, error) { return readFrame(l.reader, head) }

// send sends a frame, or takes it over and sends it soon.
func (l *link) send(head any, body []byte) error {
	data, err := frame(head, body)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return l.failed
	}
	if len(l.pending) == 0 && !l.flushing {
		data = data[l.tryWrite(data):]
	}
	if len(data) == 0 {
		return nil
	}
	l.pending = append(l.pending, data...)
	if len(l.pending) > pendingLimit {
		l.failed = errors.New("the other side does not read")
		l.close()
		return l.failed
	}
	if !l.flushing {
		l.flushing = true
		go l.flush()
	}
	return nil
}

// tryWrite writes what the socket has room for. Most often that is all, and nobody else has to wake up.
func (l *link) tryWrite(data []byte) (n int) {
	_ = l.raw.Write(func(fd uintptr) bool {
		n, _ = unix.Write(int(fd), data) // an error shows again when the rest is written
		return true
	})
	return max(n, 0)
}

func (l *link) flush() {
	for {
		l.mu.Lock()
		data := l.pending
		l.pending = nil
		if len(data) == 0 || l.failed != nil {
			l.flushing = false
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if _, err := l.conn.Write(data); err != nil {
			l.mu.Lock()
			l.failed = err
			l.mu.Unlock()
			l.close()
		}
	}
}
