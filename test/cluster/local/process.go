package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is a process of the cluster as it is recorded.
type Process struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	// Started is the kernel's time of its start: a number that was given to another process since is not ours.
	Started string `json:"started"`
}

// component is a process that the cluster needs, and how to know that it works.
type component struct {
	name  string
	argv  []string
	env   []string
	ready func(context.Context) error
}

// start starts a component unless it runs, and waits until it is ready.
func (c *Cluster) start(ctx context.Context, part component) error {
	began := time.Now()
	if p, ok := c.process(part.name); ok && p.alive() {
		if err := c.await(ctx, part, nil); err != nil {
			return err
		}
		c.say("%-20s runs already", part.name)
		return nil
	}
	exited, err := c.launch(part)
	if err != nil {
		return fmt.Errorf("%s: %w", part.name, err)
	}
	if err := c.await(ctx, part, exited); err != nil {
		return err
	}
	c.say("%-20s ready after %.1f s", part.name, time.Since(began).Seconds())
	return nil
}

// launch starts the process in a session of its own, so that it outlives this program and its terminal.
func (c *Cluster) launch(part component) (<-chan error, error) {
	if err := os.MkdirAll(filepath.Dir(c.log(part.name)), 0o755); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(c.log(part.name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	fmt.Fprintf(log, "== %s %s\n", time.Now().Format(time.RFC3339), strings.Join(part.argv, " "))
	cmd := exec.Command(part.argv[0], part.argv[1:]...)
	cmd.Dir = c.options.Dir
	cmd.Env = append(os.Environ(), part.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := Process{Name: part.name, PID: cmd.Process.Pid}
	p.Started, _ = startOf(p.PID)
	c.forget(part.name)
	c.state.Processes = append(c.state.Processes, p)
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return exited, c.save()
}

// await waits until a component is ready, and says what it last wrote if it does not become so.
func (c *Cluster) await(ctx context.Context, part component, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	err := poll(ctx, 100*time.Millisecond, func() error {
		select {
		case err := <-exited:
			return fatal{fmt.Errorf("left (%w)", orEnded(err))}
		default:
			return part.ready(ctx)
		}
	})
	if err != nil {
		return fmt.Errorf("%s failed: %w\nthe last lines of %s:\n%s", part.name, err, c.log(part.name), tail(c.log(part.name), 15))
	}
	return nil
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// fatal ends polling.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// poll calls try until it returns nil, a fatal error, or the time is over.
func poll(ctx context.Context, every time.Duration, try func() error) error {
	for {
		err := try()
		var end fatal
		if err == nil || errors.As(err, &end) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w", err)
		case <-time.After(every):
		}
	}
}

func (c *Cluster) log(name string) string { return c.path("logs", name+".log") }

// tail is the end of a file, indented; not the whole of its lines where they are very long.
func tail(path string, lines int) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	var out strings.Builder
	for _, line := range all[max(0, len(all)-lines):] {
		fmt.Fprintf(&out, "    %s\n", line[:min(len(line), 400)])
	}
	return out.String()
}

func (c *Cluster) process(name string) (Process, bool) {
	for _, p := range c.state.Processes {
		if p.Name == name {
			return p, true
		}
	}
	return Process{}, false
}

func (c *Cluster) forget(name string) {
	kept := c.state.Processes[:0]
	for _, p := range c.state.Processes {
		if p.Name != name {
			kept = append(kept, p)
		}
	}
	c.state.Processes = kept
}

// alive reports whether the process that was recorded still runs.
func (p Process) alive() bool {
	started, state := startOf(p.PID)
	return started != "" && started == p.Started && state != "Z"
}

// stop asks a process to leave and kills it after the time given.
func (p Process) stop(patience time.Duration) {
	if !p.alive() {
		return
	}
	_ = syscall.Kill(p.PID, syscall.SIGTERM)
	for end := time.Now().Add(patience); p.alive() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	if p.alive() {
		_ = syscall.Kill(p.PID, syscall.SIGKILL)
	}
	for end := time.Now().Add(5 * time.Second); p.alive() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
}

// startOf reads the start time and the state of a process; "" if there is none.
func startOf(pid int) (started, state string) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", ""
	}
	// The second field is the name in brackets, which may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	return fields[19], fields[0]
}

// run runs a command to its end; its output is part of the error.
func run(ctx context.Context, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(complaint.String()+out.String()))
	}
	return out.String(), nil
}
