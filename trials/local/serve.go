package local

import (
	"net"
	"os"
	"time"

	hone "github.com/hone-tuner/hone"
)

// helloTime is how long a new connection may be silent.
const helloTime = 10 * time.Second

func (s *supervisor) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			select {
			case <-s.leaving:
				return
			case <-time.After(10 * time.Millisecond): // out of descriptors, most likely
				continue
			}
		}
		go s.serve(conn)
	}
}

// serve answers one runner until it goes away.
func (s *supervisor) serve(conn net.Conn) {
	l, err := newLink(conn)
	if err != nil {
		_ = conn.Close()
		return
	}
	defer l.close()
	if !s.greet(l) {
		return
	}
	defer s.part(l)
	for {
		var req request
		body, err := l.receive(&req)
		if err != nil {
			return
		}
		reply := func() {
			a := s.answer(req, body)
			a.Op, a.Seq = opReply, req.Seq
			_ = l.send(a, nil) // who has gone needs no answer
		}
		if req.Op == opStart {
			reply() // they follow each other quickly, and another goroutine costs more than it helps
			continue
		}
		go reply()
	}
}

// greet agrees on the protocol and enters the runner among those who are told of exits.
func (s *supervisor) greet(l *link) bool {
	_ = l.conn.SetReadDeadline(time.Now().Add(helloTime))
	var req request
	if _, err := l.receive(&req); err != nil || req.Op != opHello {
		return false
	}
	_ = l.conn.SetReadDeadline(time.Time{})
	hello := answer{Op: opHello, Protocol: protocol, PID: os.Getpid()}
	if req.Protocol != protocol {
		hello.Kind = hone.Unavailable
		hello.Message = "another version of the protocol"
		_ = l.send(hello, nil)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		return false // whoever it is starts the next supervisor
	}
	s.clients[l] = struct{}{}
	s.awaited = false
	return l.send(hello, nil) == nil || s.forget(l)
}

func (s *supervisor) part(l *link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(l)
}

// forget takes a runner out; s.mu is held. It is false for greet's sake.
func (s *supervisor) forget(l *link) bool {
	delete(s.clients, l)
	s.leaveIfDone()
	return false
}

func (s *supervisor) answer(req request, body []byte) answer {
	if req.Op == opStart && !req.Place.valid() {
		return failure(hone.Errorf(hone.InvalidArgument, "%q is no place for an attempt", req.Place))
	}
	switch req.Op {
	case opStart:
		return s.start(req, unpack(body))
	case opWatch:
		return s.watch(req)
	case opStop:
		return s.stop(req)
	case opList:
		return s.list()
	}
	return failure(hone.Errorf(hone.Unimplemented, "the supervisor knows no request %q", req.Op))
}

func (s *supervisor) list() answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	var a answer
	for id, x := range s.live {
		a.Live = append(a.Live, liveAttempt{ID: id, PID: x.pid, GPUs: x.gpus})
	}
	return a
}

// watch tells how an attempt stands; the exit of one that runs is sent when it comes.
func (s *supervisor) watch(req request) answer {
	s.mu.Lock()
	a, u := s.live[req.ID], s.unsaved[req.ID]
	s.mu.Unlock()
	switch {
	case a != nil:
		return s.standing(a)
	case !u.death.Exit.End.IsZero():
		return answer{Exit: &u.death.Exit}
	}
	if !req.Place.valid() {
		exit := record{}.lost(lostRecord, time.Now().UTC())
		return answer{Exit: &exit}
	}
	exit, err := s.judge(req.Place)
	if err != nil {
		return failure(err)
	}
	return answer{Exit: &exit}
}

// standing waits until the start of an attempt is over and tells what became of it.
func (s *supervisor) standing(a *attempt) answer {
	<-a.begun
	if a.failed != nil {
		return failure(a.failed)
	}
	return answer{origin: a.from, Exit: a.past}
}

func (s *supervisor) stop(req request) answer {
	s.mu.Lock()
	a := s.live[req.ID]
	_, ended := s.unsaved[req.ID]
	if a != nil {
		a.ending.requested = true
		s.terminate(a, req.Grace)
	}
	s.mu.Unlock()
	if a == nil && !ended && req.Place.valid() { // what a dead supervisor left of it must not go on
		if _, err := s.judge(req.Place); err != nil {
			return failure(err)
		}
	}
	return answer{}
}
