package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// programName is what the program is called where it is installed.
const programName = "collector"

// install copies this program into a folder. Whoever looks there sees nothing or all of it.
func install(args []string) (err error) {
	if len(args) != 1 {
		return usageError("install takes the folder to copy this program into")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	const everybody = 0o755
	if err := os.MkdirAll(args[0], everybody); err != nil {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // it was only read
	to, err := os.CreateTemp(args[0], programName+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(to.Name()) // it is of no use
		}
	}()
	_, err = io.Copy(to, from)
	if err == nil {
		err = to.Chmod(everybody)
	}
	if closing := to.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(to.Name(), filepath.Join(args[0], programName))
	}
	if err != nil {
		return fmt.Errorf("this program cannot be copied into %s: %w", args[0], err)
	}
	return nil
}
