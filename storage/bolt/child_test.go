package bolt_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// The tests of crashes and full disks run a part of themselves in a process of its own: this program again,
// with a task in its environment.
const (
	taskVariable = "HONE_TEST_TASK"
	pathVariable = "HONE_TEST_PATH"
)

func TestMain(m *testing.M) {
	task := os.Getenv(taskVariable)
	if task == "" {
		os.Exit(m.Run())
	}
	all := tasks()
	systemTasks(all)
	if err := all[task](os.Getenv(pathVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func tasks() map[string]func(path string) error {
	return map[string]func(string) error{"write": writeForever, "fill": fillUp}
}

func child(ctx context.Context, task, path string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), taskVariable+"="+task, pathVariable+"="+path)
	return cmd
}
