package service

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/suggest/internal/katib"
)

// remembered is for how many experiments models are kept between requests.
const remembered = 64

// memory keeps the compiled space and the history of the experiments that asked last, so that algorithms know
// what they have seen before and need not begin anew. Forgetting costs time and changes no answer: what is kept
// is used only as far as a request says the same.
type memory struct {
	forget func(uid string)

	mu      sync.Mutex
	entries map[string]*entry // by the name of the experiment
	clock   int               // grows with each request
	made    int
}

type entry struct {
	uid     string
	says    string // all of the request that a model depends on, but the trials
	space   *hone.Space
	history hone.History
	views   int
	used    int
}

// recall finds what is known of an experiment, and adds what is new.
func (m *memory) recall(t katib.Task, algorithm hone.AlgorithmSpec) (uid string, space *hone.Space, history hone.History, err error) {
	says, err := json.Marshal([]any{t.Space, t.Objective, algorithm})
	if err != nil {
		return "", nil, hone.History{}, hone.Errorf(hone.InvalidArgument, "the experiment cannot be read: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[t.Experiment]
	if e == nil || e.says != string(says) {
		space, err := t.Space.Compile(nil)
		if err != nil {
			return "", nil, hone.History{}, err
		}
		e = m.add(t.Experiment, string(says), space)
	}
	m.clock++
	e.used = m.clock
	e.extend(t.Ended)
	return e.uid, e.space, e.history, nil
}

// add makes room and a new entry.
func (m *memory) add(experiment, says string, space *hone.Space) *entry {
	if old := m.entries[experiment]; old != nil {
		m.drop(experiment)
	}
	if len(m.entries) >= remembered {
		oldest, used := "", math.MaxInt
		for name, e := range m.entries {
			if e.used < used {
				oldest, used = name, e.used
			}
		}
		m.drop(oldest)
	}
	if m.entries == nil {
		m.entries = map[string]*entry{}
	}
	m.made++
	e := &entry{uid: fmt.Sprint(m.made), says: says, space: space}
	m.entries[experiment] = e
	return e
}

func (m *memory) drop(experiment string) {
	m.forget(m.entries[experiment].uid)
	delete(m.entries, experiment)
}

// extend makes the history the one that is given: longer, when that begins as the one that is known; a new one
// otherwise.
func (e *entry) extend(ended []hone.Outcome) {
	known := e.history.Len()
	same := e.views > 0 && known <= len(ended)
	for i := 0; same && i < known; i++ {
		same = equal(e.history.At(i), ended[i])
	}
	if !same {
		e.views++
		e.history = hone.NewHistory(fmt.Sprintf("%s#%d", e.uid, e.views))
		known = 0
	}
	for _, o := range ended[known:] {
		e.history = e.history.Append(o)
	}
}

func equal(a, b hone.Outcome) bool {
	if a.Number != b.Number || a.State != b.State || a.Finished != b.Finished || !a.Parameters.Equal(b.Parameters) || len(a.Labels) != len(b.Labels) ||
		a.Value != b.Value && !(math.IsNaN(a.Value) && math.IsNaN(b.Value)) {
		return false
	}
	for k, v := range a.Labels {
		if w, ok := b.Labels[k]; !ok || v != w {
			return false
		}
	}
	return true
}
