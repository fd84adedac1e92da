package local

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// awaitChild blocks until a child has ended, without reaping it: until then, its number belongs to it.
// ECHILD says that there are no children.
func awaitChild() (child, error) {
	// siginfo_t: three numbers, the padding before the union, and the process in it.
	var info struct {
		_   [4]int32
		pid int32
		_   [108]byte
	}
	for {
		_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)),
			unix.WEXITED|unix.WNOWAIT, 0, 0)
		switch errno {
		case 0:
			return child{pid: int(info.pid)}, nil
		case unix.EINTR:
		default:
			return child{}, errno
		}
	}
}

// hasChildren reports whether there is any child, dead or alive.
func hasChildren() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil) != unix.ECHILD
}
