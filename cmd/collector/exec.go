package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hone-tuner/hone/collector/wrap"
)

// shared is the mode of what containers of different users write to.
const shared = 0o777

// execute runs the program of a trial and returns its exit code.
func execute(s settings, args, env []string, stdin, stdout, stderr *os.File) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(stderr, "collector: exec takes the program to run: collector exec -- PROGRAM ARGUMENT…")
		return exitUsage
	}
	const enough = 2 // there is little to do but to copy
	runtime.GOMAXPROCS(enough)
	last := prepare(s, stderr)
	o := wrap.Options{Args: args, Env: environment(s, env), Stdin: stdin, Stdout: stdout, Stderr: stderr, CopyLimit: s.copyLimit()}
	if _, err := os.Stat(s.silent()); err != nil && last != nil {
		o.Copy = s.stdout()
	}
	e := wrap.Run(o)
	tell(s, last, e, stderr)
	return e.Code
}

// prepare makes what the program and the sidecar need, and a file that the end is written to: with its room on the disk, which
// may be full by then. It is nil where nothing can be written.
func prepare(s settings, stderr *os.File) *os.File {
	for _, dir := range []string{s.run(""), s.trialDir()} {
		if err := makeShared(dir); err != nil {
			fmt.Fprintf(stderr, "hone: %v\n", err)
		}
	}
	_ = os.Remove(s.exit()) // of an earlier run
	last, err := os.CreateTemp(s.run(""), "exit-*")
	if err != nil {
		fmt.Fprintf(stderr, "hone: the output is not copied: %v\n", err)
		return nil
	}
	const room = 4 << 10
	_, _ = last.WriteString(strings.Repeat(" ", room)) // without room now there may be some later
	return last
}

// makeShared makes a folder that every user may write to.
func makeShared(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm() == shared {
		return nil
	}
	if err := os.MkdirAll(dir, shared); err != nil {
		return fmt.Errorf("the folder %s cannot be made: %w", dir, err)
	}
	_ = os.Chmod(dir, shared) //nolint:gosec // of the umask; another user's has that mode already
	return nil
}

// environment is that of the program.
func environment(s settings, env []string) []string {
	out := append([]string(nil), env...)
	if _, set := s[envUnbuffered]; !set {
		out = append(out, envUnbuffered+"=1") // or Python's readings would come at its end
	}
	if s[envTrialDir] == "" {
		out = append(out, envTrialDir+"="+s.trialDir())
	}
	return out
}

// tell writes down how the program ended: for the sidecar, and for whoever looks at the container where its exit
// code does not say it.
func tell(s settings, last *os.File, e wrap.Ended, stderr *os.File) {
	if e.Message != "" {
		lastWord(s.lastWord(), e.Message)
	}
	if last == nil {
		return
	}
	data, err := json.Marshal(e)
	if err == nil {
		_, err = last.WriteAt(data, 0)
	}
	if err == nil {
		err = last.Truncate(int64(len(data)))
	}
	if err == nil {
		const everybody = 0o644
		_ = last.Chmod(everybody)
		err = os.Rename(last.Name(), s.exit())
	}
	if err != nil {
		fmt.Fprintf(stderr, "hone: the end of the program cannot be noted in %s: %v\n", filepath.Base(s.exit()), err)
	}
}

// lastWord writes a message that the cluster keeps with the container, unless the program has left one.
func lastWord(path, text string) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // it is there in a container, and never made elsewhere
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		_, _ = f.WriteString(text)
	}
}
