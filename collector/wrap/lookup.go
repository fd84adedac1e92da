package wrap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// defaultPath is where programs are where PATH does not say it, as container runtimes have it.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookup finds a program as a container runtime does: a name with a slash is a path, any other is searched for in
// PATH. The code is that of a program that is not there or cannot be executed.
func lookup(name string, env []string) (path string, code int, err error) {
	if strings.Contains(name, "/") {
		if err := executable(name); err != nil {
			return "", codeOf(err), fmt.Errorf("%s cannot be executed: %w", name, err)
		}
		return name, 0, nil
	}
	search := pathOf(env)
	var denied error
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(dir, name)
		if dir == "" || dir == "." {
			path = "./" + name
		}
		err := executable(path)
		if err == nil {
			return path, 0, nil
		}
		if !missing(err) && denied == nil {
			denied = fmt.Errorf("%s cannot be executed: %w", path, err)
		}
	}
	if denied != nil {
		return "", CodeNotExecutable, denied
	}
	return "", CodeNotFound, fmt.Errorf("there is no program %q in the image (PATH=%s): command must name one; it is not read by a shell", name, search)
}

func pathOf(env []string) string {
	path := defaultPath
	for _, e := range env {
		if value, found := strings.CutPrefix(e, "PATH="); found {
			path = value
		}
	}
	return path
}

func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return bareError(err)
	}
	if info.IsDir() {
		return syscall.EISDIR
	}
	return unix.Access(path, unix.X_OK)
}

// bareError is an error without the path that it is about.
func bareError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func codeOf(err error) int {
	if missing(err) {
		return CodeNotFound
	}
	return CodeNotExecutable
}

// cannotStart says why the kernel did not take a program that is there.
func cannotStart(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%s cannot be executed: %w; it is no program for this machine, and no script whose first line names its interpreter", path, err)
	case missing(err):
		return fmt.Errorf("%s cannot be executed: what interprets it, in its first line or as its loader, is not in the image", path)
	}
	return fmt.Errorf("%s cannot be executed: %w", path, err)
}
