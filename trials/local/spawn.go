package local

import (
	"runtime"
	"syscall"
	"time"

	"github.com/hone-tuner/hone/internal/timerslack"
)

// spawner starts processes, all from one thread that lives as long as the supervisor: Linux kills a trial
// when the thread that started it has gone, and threads of Go come and go as they like.
type spawner struct {
	requests chan spawnRequest
}

type spawnRequest struct {
	path string
	argv []string
	attr *syscall.ProcAttr
	done chan<- spawned
}

type spawned struct {
	pid   int
	err   error
	start time.Time
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest)}
	go func() {
		runtime.LockOSThread() // and never unlocked
		timerslack.Normal()    // for the trials, which inherit it
		for r := range s.requests {
			start := time.Now()
			pid, err := syscall.ForkExec(r.path, r.argv, r.attr)
			r.done <- spawned{pid: pid, err: err, start: start}
		}
	}()
	return s
}

// spawn starts a program in a session of its own, with these files as its standard ones and nothing else
// open.
func (s *spawner) spawn(path string, argv []string, dir string, env []string, files ...uintptr) spawned {
	done := make(chan spawned, 1)
	s.requests <- spawnRequest{path: path, argv: argv, done: done, attr: &syscall.ProcAttr{
		Dir: dir, Env: env, Files: files, Sys: sessionAttr(),
	}}
	return <-done
}
