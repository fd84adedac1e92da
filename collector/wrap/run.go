package wrap

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// Options say what to run, and where its output goes.
type Options struct {
	// Args are the program and its arguments, Env its environment as NAME=value.
	Args, Env []string
	// Stdin, Stdout and Stderr are what the program would have had without this process.
	Stdin, Stdout, Stderr *os.File
	// Copy is the file that gets a copy of the standard output, behind what is in it; "" for none. Then the program
	// writes to Stdout itself.
	Copy string
	// CopyLimit is how much room the copy may take on the disk at a time; 0 for any.
	CopyLimit int64
	// Clock is time.Now when nil.
	Clock hone.Clock
}

// Run runs a program to its end, and says how it ended. Notes of its own go to Stderr.
func Run(o Options) Ended {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	heard, stop := listen()
	defer stop()
	memory := killedForMemory()
	p := &program{o: o, start: o.Clock().UTC()}
	e := p.run(heard)
	e.Start, e.End = p.start, o.Clock().UTC()
	if after := killedForMemory(); after > memory {
		e.OutOfMemory = true
		if e.Signal == "SIGKILL" {
			e.Message += ": the container has run out of memory"
		}
	}
	if e.Message != "" {
		note(o.Stderr, "%s", e.Message)
	}
	return e
}

// note writes a line of our own among those of the program.
func note(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, "hone: "+format+"\n", args...)
}

// program is a program that runs.
type program struct {
	o     Options
	start time.Time
	pid   int
	group bool // it leads a group of its own
	asked bool // it was asked to end
}

func (p *program) run(heard <-chan os.Signal) Ended {
	path, code, err := lookup(p.o.Args[0], p.o.Env)
	if err != nil {
		return Ended{Code: code, Message: err.Error()}
	}
	if p.o.Copy == "" {
		return p.plain(path, heard)
	}
	t, stdout, err := newTee(p.o)
	if err != nil {
		note(p.o.Stderr, "the output is not copied: %v", err)
		return p.plain(path, heard)
	}
	err = p.fork(path, uintptr(stdout))
	_ = syscall.Close(stdout) // it is the program's now
	if err != nil {
		return Ended{Code: codeOf(err), Message: cannotStart(path, err).Error()}
	}
	copied := make(chan struct{})
	go func() { defer close(copied); t.run() }()
	e := endedBy(p.await(heard))
	t.end()
	<-copied
	e.Lost = t.lost
	return e
}

// plain runs the program without a copy of its output.
func (p *program) plain(path string, heard <-chan os.Signal) Ended {
	if err := p.fork(path, p.o.Stdout.Fd()); err != nil {
		return Ended{Code: codeOf(err), Message: cannotStart(path, err).Error()}
	}
	return endedBy(p.await(heard))
}

// fork starts the program. It leads a group of its own, so that what it has started hears signals too; at a
// terminal it stays in ours, which has the terminal.
func (p *program) fork(path string, stdout uintptr) (err error) {
	p.group = !isTerminal(p.o.Stdin)
	p.pid, err = syscall.ForkExec(path, p.o.Args, &syscall.ProcAttr{
		Env:   p.o.Env,
		Files: []uintptr{p.o.Stdin.Fd(), stdout, p.o.Stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: p.group},
	})
	return err
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// await passes signals on until the program has ended, and reaps whatever else becomes ours. Where the program was
// asked to end and has left some of its group behind, these may still be saving something: they are waited for.
func (p *program) await(heard <-chan os.Signal) syscall.WaitStatus {
	reaped := make(chan syscall.WaitStatus, 1)
	go reap(p.pid, reaped)
	for {
		select {
		case s := <-heard:
			p.pass(s.(syscall.Signal))
		case status := <-reaped:
			p.linger(heard)
			return status
		}
	}
}

// pass passes a signal on.
func (p *program) pass(s syscall.Signal) {
	p.asked = p.asked || ending(s)
	to := p.pid
	if p.group {
		to = -p.pid
	}
	_ = syscall.Kill(to, s) // it may have ended
}

// linger waits for the rest of the program's group, if the program was asked to end: until it is gone or we
// are killed.
func (p *program) linger(heard <-chan os.Signal) {
	if !p.asked || !p.group {
		return
	}
	const look = 20 * time.Millisecond
	tick := time.NewTicker(look)
	defer tick.Stop()
	for syscall.Kill(-p.pid, 0) == nil {
		select {
		case s := <-heard:
			p.pass(s.(syscall.Signal))
		case <-tick.C:
		}
	}
}

// reap waits for children until there are none. That of the program is told; the others were left behind
// by somebody, and only vanish when they are waited for.
func reap(pid int, ended chan<- syscall.WaitStatus) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return
		case got == pid:
			ended <- status
		}
	}
}
