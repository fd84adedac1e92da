package contest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hone-tuner/hone"
)

// process is a running peer.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  chan []byte // closed at the end of its output
	stop   chan struct{}
	once   sync.Once
	errors tail
}

// oneThread keeps the numerical libraries of peers to one core, which is what everybody has.
func oneThread() []string {
	return []string{"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "NUMEXPR_NUM_THREADS=1", "VECLIB_MAXIMUM_THREADS=1",
		"TF_NUM_INTRAOP_THREADS=1", "TF_NUM_INTEROP_THREADS=1", "XLA_FLAGS=--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}
}

func newProcess(command []string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), lines: make(chan []byte), stop: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), oneThread()...)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.Stderr = &p.errors
	p.cmd.WaitDelay = time.Second // for what has left its process group and holds its output
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.in = in
	go p.read(out)
	return p, nil
}

// read passes on the lines of the output.
func (p *process) read(out io.Reader) {
	defer close(p.lines)
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		select {
		case p.lines <- line:
		case <-p.stop:
			return
		}
	}
}

// call sends a request and waits for the answer. When ctx ends first, the process is of no more use.
func (p *process) call(ctx context.Context, request, reply any) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { // a process that does not read must not hold us up
		_, err := p.in.Write(append(data, '\n'))
		sent <- err
	}()
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil && ctx.Err() == nil {
		return hone.Errorf(hone.Internal, "it does not listen: %w%s", err, p.errors.String())
	}
	return p.answer(ctx, reply)
}

// answer waits for a line.
func (p *process) answer(ctx context.Context, reply any) error {
	select {
	case line, more := <-p.lines:
		if !more {
			p.kill() // and with it, wait for its last words
			return hone.Errorf(hone.Internal, "it has ended%s", p.errors.String())
		}
		if err := json.Unmarshal(line, reply); err != nil {
			return hone.Errorf(hone.Internal, "it answered %s: %w", shorten(line), err)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// kill ends the process and all that it has started.
func (p *process) kill() {
	p.once.Do(func() {
		close(p.stop)
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have gone
		p.cmd.Wait()                                      // that it was killed is known
		for range p.lines {                               // until nobody reads any more
		}
	})
}

func shorten(line []byte) string {
	const most = 200
	text := strings.TrimSpace(string(line))
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Sprintf("%q", text)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

const tailSize = 600

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, p...)
	if extra := len(t.data) - tailSize; extra > 0 {
		t.data = append([]byte(nil), t.data[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(string(t.data)); text != "" {
		return ": " + text
	}
	return ""
}
