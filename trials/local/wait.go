package local

import (
	"errors"
	"syscall"
)

// child is a process of ours that has ended.
type child struct {
	pid    int
	reaped bool // its number is free again
	status syscall.WaitStatus
}

// reap takes note of the end and gives the number back.
func (c *child) reap() error {
	for !c.reaped {
		_, err := syscall.Wait4(c.pid, &c.status, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		c.reaped = true
	}
	return nil
}
