package local

import (
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// environment puts together what a program sees: what the submitter had, what makes Python print at once,
// what the experiment file says, what the trial is, each over the ones before it.
func environment(l hone.Launch, own []string, dir string) []string {
	e := overlay{at: make(map[string]int, len(l.Environment)+len(own)+8), list: make([]string, 0, len(l.Environment)+len(own)+8)}
	e.add(l.Environment...)
	if _, ok := e.at["PYTHONUNBUFFERED"]; !ok {
		e.add("PYTHONUNBUFFERED=1")
	}
	e.add(own...)
	e.add("HONE_TRIAL_DIR="+dir, "HONE_ATTEMPT="+strconv.Itoa(l.Trial.Attempt))
	for name, value := range map[string]string{"HONE_URL": l.URL, "HONE_TOKEN": l.Token} {
		if value != "" {
			e.add(name + "=" + value)
		} else {
			e.remove(name) // it would be that of another trial, which this one was started by
		}
	}
	return e.list
}

// overlay is an environment in which each name occurs once.
type overlay struct {
	at   map[string]int
	list []string
}

func (o *overlay) add(entries ...string) {
	for _, entry := range entries {
		name, _, ok := strings.Cut(entry, "=")
		if !ok || name == "" || strings.IndexByte(entry, 0) >= 0 {
			continue
		}
		if i, ok := o.at[name]; ok {
			o.list[i] = entry
			continue
		}
		o.at[name] = len(o.list)
		o.list = append(o.list, entry)
	}
}

func (o *overlay) remove(name string) {
	i, ok := o.at[name]
	if !ok {
		return
	}
	last := len(o.list) - 1
	moved, _, _ := strings.Cut(o.list[last], "=")
	o.list[i], o.at[moved] = o.list[last], i
	o.list = o.list[:last]
	delete(o.at, name)
}
