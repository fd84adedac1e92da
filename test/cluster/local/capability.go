package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
)

// cannotRunNode says why this machine cannot run a kubelet; "" if nothing speaks against it.
func cannotRunNode() string {
	if runtime.GOOS != "linux" {
		return "a kubelet runs on Linux only"
	}
	if os.Geteuid() != 0 {
		return "a kubelet must run as root"
	}
	for _, name := range []string{"containerd", "ctr", "runc", "ip", "iptables"} {
		if _, err := exec.LookPath(name); err != nil {
			return "the command " + name + " is missing (on Debian: apt-get install containerd runc containernetworking-plugins iptables iproute2)"
		}
	}
	if _, err := pluginDir(); err != nil {
		return err.Error()
	}
	for _, root := range cgroupRoots() {
		dir := filepath.Join(root, fmt.Sprintf("hone-try-%d", os.Getpid()))
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Sprintf("no control group can be made here: %v", err)
		}
		_ = syscall.Rmdir(dir)
	}
	try := exec.Command("ip", "link", "show")
	try.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWPID}
	if out, err := try.CombinedOutput(); err != nil {
		return fmt.Sprintf("no namespaces can be made here: %v %s", err, out)
	}
	return ""
}
