//go:build unix && !linux

package local

import "syscall"

// sessionAttr makes a process the leader of a session and group.
func sessionAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// adoptOrphans does nothing: only Linux can.
func adoptOrphans() error { return nil }
