package local

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Names in the data directory.
const (
	socketName = "supervisor.sock"
	lockName   = "supervisor.lock"
	logName    = "supervisor.log"
	trialsName = "trials"
)

// Names in the folder of a trial.
const (
	ownName    = ".hone" // what is ours in there; everything else is the program's
	stdoutName = "stdout"
	stderrName = "stderr"
	recordName = "record"
)

// place says where an attempt lives, below the folder "trials".
type place struct {
	Folder  string `json:"folder"` // <experiment>-<uid>
	Trial   string `json:"trial"`
	Attempt int    `json:"attempt"`
}

func placeOf(experiment string, id hone.AttemptID) place {
	return place{Folder: experiment + "-" + id.UID, Trial: hone.TrialName(experiment, id.Number), Attempt: id.Attempt}
}

// valid refuses names that lead out of their folder.
func (p place) valid() bool {
	for _, name := range []string{p.Folder, p.Trial} {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
			return false
		}
	}
	return p.Attempt > 0
}

func (p place) trialDir() string { return p.Folder + "/" + p.Trial }

// steps are the folders on the way to that of the attempt.
func (p place) steps() [4]string {
	return [4]string{p.Folder, p.Trial, ownName, strconv.Itoa(p.Attempt)}
}

func (p place) attemptDir() string {
	return p.trialDir() + "/" + ownName + "/" + strconv.Itoa(p.Attempt)
}

func (p place) String() string { return p.attemptDir() }

// emission tells where the attempt leaves what it writes.
func (p place) emission(dataDir string, m hone.MetricsSpec) hone.Emission {
	dir := filepath.Join(dataDir, trialsName, p.trialDir())
	own := filepath.Join(dir, ownName, strconv.Itoa(p.Attempt))
	e := hone.Emission{Dir: dir, Stdout: filepath.Join(own, stdoutName), Stderr: filepath.Join(own, stderrName)}
	file := m.Source == hone.SourceFile && m.Path != ""
	events := m.Source == hone.SourceTensorBoard && p.Attempt > 1 // of the first attempt, all events are its own
	if file || events {
		e.File = m.Path
		if !filepath.IsAbs(e.File) {
			e.File = filepath.Join(dir, e.File)
		}
	}
	return e
}

// findFolder finds the folder of an experiment by its UID, and with it the experiment's name.
func findFolder(root *os.Root, uid string) (experiment string, err error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), "-"+uid); ok && name != "" && e.IsDir() {
			return name, nil
		}
	}
	return "", fs.ErrNotExist
}
