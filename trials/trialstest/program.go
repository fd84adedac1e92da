package trialstest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// programVariable makes the test binary behave as a trial's program.
const programVariable = "HONE_TRIALSTEST_PROGRAM"

// Main runs the test binary as the program of a trial, if it was started as one, and does not return then. It
// must come first in TestMain.
func Main() {
	if os.Getenv(programVariable) == "" {
		return
	}
	verb, ok := verbs[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "no such verb:", os.Args[1])
		os.Exit(99)
	}
	os.Exit(verb(os.Args[2:]))
}

// verbs is what the program can do.
var verbs = map[string]func(args []string) int{
	"exit":    exitWith,
	"args":    printArgs,
	"env":     printEnv,
	"write":   writeMuch,
	"until":   waitForFile,
	"ignore":  ignoreTermination,
	"count":   countStart,
	"fork":    fork,
	"sleep":   func([]string) int { time.Sleep(time.Hour); return 0 },
	"signal":  signalSelf,
	"handle":  handleTermination,
	"folders": printFolders,
}

func exitWith(args []string) int {
	code, err := strconv.Atoi(args[0])
	if err != nil {
		return 98
	}
	return code
}

// printArgs prints its arguments as JSON, which has a spelling for every string but those that are not
// UTF-8: so it prints their bytes.
func printArgs(args []string) int {
	list := make([][]byte, len(args))
	for i, a := range args {
		list[i] = []byte(a)
	}
	return printJSON(list)
}

func printEnv([]string) int { return printJSON(os.Environ()) }

// printFolders prints where it runs, and whether it can write to the trial's folder.
func printFolders([]string) int {
	wd, err := os.Getwd()
	if err != nil {
		return 97
	}
	dir := os.Getenv("HONE_TRIAL_DIR")
	f, err := os.CreateTemp(dir, "written-*")
	if err == nil {
		_ = f.Close()
	}
	return printJSON(map[string]any{"workdir": wd, "trial": dir, "writable": err == nil})
}

func printJSON(v any) int {
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		return 96
	}
	return 0
}

// writeMuch writes lines to both streams and ends at once.
func writeMuch(args []string) int {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return 98
	}
	out := bufio.NewWriter(os.Stdout)
	for i := range n {
		fmt.Fprintf(out, "accuracy=%d\n", i)
	}
	_ = out.Flush()
	fmt.Fprintln(os.Stderr, "the last line")
	return 0
}

// waitForFile ends when a file is there. Its start is counted in another one.
func waitForFile(args []string) int {
	if len(args) > 1 && !note(args[1]) {
		return 95
	}
	fmt.Println("waiting")
	for {
		if _, err := os.Stat(args[0]); err == nil {
			return 0
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// ignoreTermination says when it is deaf to SIGTERM, and stays.
func ignoreTermination([]string) int {
	signal.Ignore(syscall.SIGTERM)
	fmt.Println("deaf")
	time.Sleep(time.Hour)
	return 0
}

// handleTermination ends with a status of its own when it is asked to end.
func handleTermination(args []string) int {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	fmt.Println("listening")
	<-asked
	fmt.Println("saved")
	return exitWith(args)
}

// note puts a line into a file, so that starts can be counted.
func note(file string) bool {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return false
	}
	fmt.Fprintln(f, os.Getenv("HONE_TRIAL"), os.Getenv("HONE_ATTEMPT"), os.Getpid())
	return f.Close() == nil
}

// countStart counts its start and ends.
func countStart(args []string) int {
	if !note(args[0]) {
		return 95
	}
	fmt.Println("accuracy=0.5")
	if len(args) > 1 {
		ms, _ := strconv.Atoi(args[1])
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
	return 0
}

// fork starts children that would live for an hour, prints their numbers and does what its arguments say:
// "session" makes them leave the group, "deaf" ignore SIGTERM, "stay" makes the program itself stay.
func fork(args []string) int {
	words := " " + strings.Join(args, " ") + " "
	verb := "sleep"
	if strings.Contains(words, " deaf ") {
		verb = "ignore"
	}
	for range 2 {
		cmd := exec.Command(os.Args[0], verb) //nolint:gosec // itself
		cmd.Stdout = os.Stdout
		if strings.Contains(words, " session ") {
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		}
		if err := cmd.Start(); err != nil {
			return 94
		}
		fmt.Println("child", cmd.Process.Pid)
	}
	fmt.Println("forked")
	if strings.Contains(words, " stay ") {
		time.Sleep(time.Hour)
	}
	return 0
}

func signalSelf(args []string) int {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return 98
	}
	_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
	time.Sleep(time.Minute)
	return 93
}
