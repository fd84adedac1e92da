package bolt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// errNoMounts says that this system lets nobody mount a disk to fill.
var errNoMounts = errors.New("no mounts here")

// systemTasks adds what only this system can do.
func systemTasks(tasks map[string]func(string) error) { tasks["mount"] = fillMount }

// fillMount fills a small disk, which then grows; and tries one that can only be read.
func fillMount(dir string) error {
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=6m"); err != nil {
		return fmt.Errorf("%w: %w", errNoMounts, err)
	}
	path := filepath.Join(dir, "hone.db")
	if err := prepare(path); err != nil {
		return err
	}
	err := survive(path, bolt.Options{}, func(*bolt.Store) error {
		return syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=100m")
	}, bolt.Options{})
	if err != nil {
		return err
	}
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=100m"); err != nil {
		return err
	}
	for _, name := range []string{"hone.db", "new.db"} {
		if _, err := bolt.Open(filepath.Join(dir, name), bolt.Options{}); !errors.Is(err, hone.PermissionDenied) {
			return fmt.Errorf("%s on a read-only disk: %w", name, err)
		}
	}
	return nil
}

func TestAFullDiskLosesNothingAndGoesOnWhenThereIsSpace(t *testing.T) {
	cmd := child(t.Context(), "mount", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || len(out) >= len(errNoMounts.Error()) && string(out[:len(errNoMounts.Error())]) == errNoMounts.Error() {
		t.Skipf("%s: %v", out, err)
	}
	require.NoError(t, err, string(out))
}
