//go:build unix && !linux

package local

import "syscall"

// awaitChild blocks until a child has ended, and reaps it: waitid of macOS returns for stopped processes, too.
func awaitChild() (child, error) {
	for {
		c := child{reaped: true}
		pid, err := syscall.Wait4(-1, &c.status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		c.pid = pid
		return c, err
	}
}

// hasChildren reports whether there is a child that could be found and killed. Here orphans are not ours.
func hasChildren() bool { return false }
