package problems

import (
	"bufio"
	"bytes"
	_ "embed" // the script
	"encoding/json"
	"io"
	"math"
	"os/exec"
	"strings"
	"sync"

	"github.com/hone-tuner/hone"
)

// script trains the models. It says how one talks to it.
//
//go:embed live.py
var script string

// trainer is a Python process that trains models, one at a time. It ends with this process, because its input does.
type trainer struct {
	python string

	mu     sync.Mutex
	input  io.WriteCloser
	output *bufio.Reader
	wait   func() error
}

// newTrainer starts an interpreter. The error is of kind InvalidArgument when it has no scikit-learn or is none.
func newTrainer(python string) (*trainer, error) {
	t := &trainer{python: python}
	if err := t.start(); err != nil {
		return nil, err
	}
	return t, nil
}

// start starts the process and waits until it is ready.
func (t *trainer) start() error {
	cmd := exec.Command(t.python, "-c", script) //nolint:gosec // the caller names the interpreter
	complaints := &bytes.Buffer{}
	cmd.Stderr = complaints
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return hone.Errorf(hone.InvalidArgument, "the interpreter %s does not start: %w", t.python, err)
	}
	t.input, t.output, t.wait = input, bufio.NewReader(output), cmd.Wait
	if line, err := t.output.ReadString('\n'); err != nil || !strings.Contains(line, "ready") {
		t.stop()
		return hone.Errorf(hone.InvalidArgument, "%s cannot train: is scikit-learn installed there? It wrote: %s",
			t.python, lastLine(complaints.String()))
	}
	return nil
}

// stop ends the process.
func (t *trainer) stop() {
	_ = t.input.Close() // it ends when its input does
	_ = t.wait()        // how it ended is nobody's concern any more
	t.input = nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

type request struct {
	Task       string           `json:"task"`
	Parameters hone.Assignments `json:"parameters"`
}

type answer struct {
	Value *float64 `json:"value"`
	Why   string   `json:"why"`
}

// train returns the error of a model; NaN when its training fails, or ends the interpreter twice. An interpreter that does
// not start any more panics, because results would be wrong from there on.
func (t *trainer) train(task string, a hone.Assignments) float64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range 2 {
		if t.input == nil {
			if err := t.start(); err != nil {
				panic("problems: " + err.Error())
			}
		}
		got, err := t.ask(request{Task: task, Parameters: a})
		switch {
		case err != nil:
			t.stop()
		case got.Value == nil:
			return math.NaN()
		default:
			return *got.Value
		}
	}
	return math.NaN()
}

func (t *trainer) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := t.input.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	text, err := t.output.ReadBytes('\n')
	if err != nil {
		return answer{}, err
	}
	var out answer
	return out, json.Unmarshal(text, &out)
}
