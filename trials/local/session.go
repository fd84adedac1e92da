package local

import (
	"context"
	"errors"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
)

// errGone says that the connection to the supervisor has ended.
var errGone = errors.New("the supervisor has gone")

// answerTime is how long the supervisor may take for an answer. It answers in less than a millisecond,
// unless a disk hangs.
const answerTime = time.Minute

// session is one connection to a supervisor, used by all at once.
type session struct {
	link *link
	gone chan struct{} // closed when the connection has ended

	mu    sync.Mutex
	seq   uint64
	calls map[uint64]chan answer
	ends  map[hone.AttemptID]*end
}

// end is the end of an attempt, which is told when it comes.
type end struct {
	done chan struct{}
	exit hone.Exit // once done is closed
	over bool      // done is closed
}

func newSession(l *link) *session {
	s := &session{link: l, gone: make(chan struct{}), calls: map[uint64]chan answer{}, ends: map[hone.AttemptID]*end{}}
	go s.listen()
	return s
}

func (s *session) alive() bool {
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// listen takes what the supervisor sends, until the connection ends.
func (s *session) listen() {
	defer close(s.gone)
	defer s.link.close()
	for {
		var a answer
		if _, err := s.link.receive(&a); err != nil {
			return
		}
		switch a.Op {
		case opExit:
			s.resolve(a.ID, a.Exit)
		case opReply:
			s.mu.Lock()
			call := s.calls[a.Seq]
			delete(s.calls, a.Seq)
			s.mu.Unlock()
			if call != nil {
				call <- a
			}
		}
	}
}

// expect begins to wait for the end of an attempt. fresh reports whether nobody did before.
func (s *session) expect(id hone.AttemptID) (e *end, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.ends[id]
	if !ok {
		e = &end{done: make(chan struct{})}
		s.ends[id] = e
	}
	return e, !ok
}

// resolve tells those who wait that an attempt has ended.
func (s *session) resolve(id hone.AttemptID, exit *hone.Exit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.ends[id]; e != nil && exit != nil && !e.over {
		e.exit, e.over = *exit, true
		close(e.done)
	}
}

// drop forgets an end: the disk knows it.
func (s *session) drop(id hone.AttemptID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ends, id)
}

// call sends a request and waits for the answer. Once it is sent, its effect is certain unless the supervisor
// goes, so ctx no longer ends the waiting.
func (s *session) call(ctx context.Context, req request, body []byte) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	reply := make(chan answer, 1)
	s.mu.Lock()
	s.seq++
	req.Seq = s.seq
	s.calls[req.Seq] = reply
	s.mu.Unlock()
	if err := s.link.send(req, body); err != nil {
		s.mu.Lock()
		delete(s.calls, req.Seq)
		s.mu.Unlock()
		if errors.Is(err, hone.InvalidArgument) {
			return answer{}, err
		}
		s.link.close()
		return answer{}, errGone
	}
	late := time.NewTimer(answerTime)
	defer late.Stop()
	select {
	case a := <-reply:
		return a, a.err()
	case <-s.gone:
		select {
		case a := <-reply: // it came before the end
			return a, a.err()
		default:
			return answer{}, errGone
		}
	case <-late.C:
		return answer{}, hone.Errorf(hone.DeadlineExceeded, "the supervisor has not answered for %s", answerTime)
	}
}
