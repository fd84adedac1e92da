package wire

import (
	"time"

	hone "github.com/hone-tuner/hone"
)

// Trial is a trial as the API and the command line show it: with its name and how long it took.
type Trial struct {
	Name string `json:"name"`
	hone.Trial
	Duration string `json:"duration,omitempty"`
	Imported bool   `json:"imported,omitempty"`
}

// TrialOf shows a trial. While it runs, its duration is up to now.
func TrialOf(t hone.Trial, now time.Time) Trial {
	shown := Trial{Name: t.Name(), Trial: t, Imported: t.Origin == hone.OriginImported}
	if t.StartTime != nil && (t.EndTime != nil || t.State == hone.TrialRunning) {
		shown.Duration = Duration(t.Duration(now))
	}
	return shown
}

// Of gives the trial back, as one of the experiment of that name.
func (t Trial) Of(experiment string) hone.Trial {
	t.Trial.Experiment = experiment
	return t.Trial
}

// TrialList is one page of trials.
type TrialList struct {
	Trials []Trial `json:"trials"`
	Cursor string  `json:"cursor,omitempty"`
}

// TrialListOf shows a page.
func TrialListOf(p hone.TrialPage, now time.Time) TrialList {
	list := TrialList{Trials: make([]Trial, len(p.Trials)), Cursor: p.Cursor}
	for i, t := range p.Trials {
		list.Trials[i] = TrialOf(t, now)
	}
	return list
}

// Page gives the page back.
func (l TrialList) Page(experiment string) hone.TrialPage {
	p := hone.TrialPage{Experiment: experiment, Trials: make([]hone.Trial, len(l.Trials)), Cursor: l.Cursor}
	for i, t := range l.Trials {
		p.Trials[i] = t.Of(experiment)
	}
	return p
}

// Duration writes a duration for people, as trials and the leaderboard show it: 87ms, 6.2s, 1h2m3s.
func Duration(d time.Duration) string {
	unit := time.Second
	switch size := d.Abs(); {
	case size < time.Second:
		unit = time.Millisecond
	case size < time.Minute:
		unit = 100 * time.Millisecond
	}
	return hone.Duration(d.Round(unit)).String()
}
