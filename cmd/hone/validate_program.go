package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
)

// whenStarted are the variables of a trial whose values are known when it starts.
func whenStarted() []string { return []string{"HONE_TRIAL_DIR", "HONE_URL", "HONE_TOKEN"} }

// missing warns of what is not on this machine: the folder in which the first trial would run, and its
// program. Both may be there by the time it runs, or on another machine, so it is no mistake. What the trials
// differ in is not looked at.
func (a *app) missing(s hone.Spec, first firstTrial) []string {
	if len(first.Command) == 0 || s.Trial.Image != "" || strings.Contains(s.Trial.Workdir, "${") {
		return nil
	}
	if info, err := os.Stat(first.Workdir); err != nil || !info.IsDir() {
		return []string{fmt.Sprintf("spec.trial.workdir: there is no folder %s here", first.Workdir)}
	}
	program := first.Command[0]
	if strings.Contains(s.Trial.Command[0], "${") {
		return nil
	}
	if strings.Contains(program, "/") {
		path := program
		if !filepath.IsAbs(path) {
			path = filepath.Join(first.Workdir, path)
		}
		return notRunnable(program, path)
	}
	path := ""
	for _, entry := range slices.Concat(a.environ(), first.Env) {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(first.Workdir, dir)
		}
		if notRunnable(program, filepath.Join(dir, program)) == nil {
			return nil
		}
	}
	return []string{fmt.Sprintf("spec.trial.command: the program %q is not in PATH (%s)", program, path)}
}

func notRunnable(program, path string) []string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []string{fmt.Sprintf("spec.trial.command: there is no program %s (%s)", program, path)}
	case err != nil:
		return []string{fmt.Sprintf("spec.trial.command: the program %s cannot be found: %v", program, err)}
	case info.IsDir() || info.Mode()&0o111 == 0:
		return []string{fmt.Sprintf("spec.trial.command: %s is no program: it is a folder, or may not be executed", path)}
	}
	return nil
}
