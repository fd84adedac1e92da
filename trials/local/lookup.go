package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Finding the program of a trial, and saying for people why it cannot be started.

// finder finds programs. As a shell does, it remembers where it found the last one: most directories of a PATH do
// not have it, and asking each of them for every trial takes longer than one trial in forty.
type finder struct {
	mu               sync.Mutex
	name, path, file string
}

// find is findProgram with a memory.
func (f *finder) find(name, dir string, env []string) (string, error) {
	path := lookupEnv(env, "PATH")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != "" && f.name == name && f.path == path && runnable(f.file) {
		return f.file, nil
	}
	file, err := findProgram(name, dir, env)
	f.file = ""
	if err == nil && filepath.IsAbs(file) && !strings.Contains(name, "/") && !relative(path) {
		f.name, f.path, f.file = name, path, file
	}
	return file, err
}

// relative reports whether a PATH has a directory that depends on where the program is started.
func relative(path string) bool {
	return slices.ContainsFunc(filepath.SplitList(path), func(folder string) bool { return !filepath.IsAbs(folder) })
}

// findProgram finds what the first argument names: by the PATH of the trial's own environment, or from its
// working directory where the name has a slash.
func findProgram(name, dir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil // exec finds it, from the working directory
	}
	path := lookupEnv(env, "PATH")
	if found := inPath(name, dir, path); found != "" {
		return found, nil
	}
	message := fmt.Sprintf("the program %q is not in PATH (%s)", name, path)
	switch {
	case executable(filepath.Join(dir, name)) == nil:
		message += fmt.Sprintf("; there is one in %s: write ./%s", dir, name)
	case name == "python" && inPath("python3", dir, path) != "":
		message += "; did you mean python3?"
	case strings.ContainsAny(name, " \t"):
		message += "; trial.command is a list, one element for each argument"
	default:
		message += "; install it, or write its whole path"
	}
	return "", errors.New(message)
}

func inPath(name, dir, path string) string {
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		if file := folder + "/" + name; runnable(file) {
			return file
		}
	}
	return ""
}

// runnable reports whether there is a program. Access alone would take a folder; but most names are not there,
// and it is the quickest to say so.
func runnable(file string) bool {
	return syscall.Access(file, accessExecute) == nil && executable(file) == nil
}

// accessExecute is X_OK.
const accessExecute = 1

func executable(file string) error {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case info.Mode()&0o111 == 0:
		return fs.ErrPermission
	}
	return nil
}

// whyNot says for people why a program was not started.
func whyNot(err error, program, dir string) string {
	if info, e := os.Stat(dir); e != nil || !info.IsDir() {
		return fmt.Sprintf("the working directory %s is not there, or is no folder; create it, or correct trial.workdir", dir)
	}
	file, relative := program, ""
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
		relative = fmt.Sprintf(" (a relative path starts from trial.workdir, %s)", dir)
	}
	state := executable(file)
	switch {
	case errors.Is(err, syscall.E2BIG):
		return "arguments and environment are longer than the system allows; hand large values over in a file"
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Sprintf("%s is not a program for this machine; if it is a script, its first line must name the interpreter (#!/bin/sh)", file)
	case errors.Is(state, fs.ErrNotExist):
		return fmt.Sprintf("the program %s is not there%s", program, relative)
	case errors.Is(state, syscall.EISDIR):
		return fmt.Sprintf("%s is a folder, not a program%s", program, relative)
	case errors.Is(state, fs.ErrPermission):
		return fmt.Sprintf("%s may not be executed: chmod +x it, or put its interpreter in front", file)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("%s cannot be started, because the interpreter in its first line, or the loader that it needs, is not there", file)
	}
	return fmt.Sprintf("%s cannot be started: %v", file, err)
}

func lookupEnv(env []string, name string) string {
	for _, e := range env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}
