package contest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Record is what one run did: one line of JSON in a file of results.
type Record struct {
	Contestant string `json:"contestant"`
	Own        bool   `json:"own,omitempty"`
	Slow       bool   `json:"slow,omitempty"`
	// Version is that of the contestant's program; of Hone's own algorithms it is the revision of the source.
	Version    string    `json:"version,omitempty"`
	Date       time.Time `json:"date"`
	Problem    string    `json:"problem"`
	Group      string    `json:"group"`
	Dimensions int       `json:"dimensions"`
	Small      bool      `json:"small,omitempty"`
	Reserve    bool      `json:"reserve,omitempty"`
	Mode       Mode      `json:"mode"`
	Seed       uint64    `json:"seed"`
	// Trials is the budget; a contestant that ran out of points has done fewer.
	Trials int `json:"trials"`
	// Regret is the normalized regret, without noise, of the point that looked best after each trial.
	Regret Figures `json:"regret,omitempty"`
	// Seconds is the time for each suggestion: for asking, and for taking note of its result.
	Seconds Figures `json:"seconds,omitempty"`
	// Cholesky is the time of one Cholesky factorization of a matrix with Trials rows, right after the run.
	Cholesky float64 `json:"cholesky,omitempty"`
	// Duplicates counts points that were proposed before.
	Duplicates int `json:"duplicates,omitempty"`
	// Failures counts trials without a value, those of Outside included.
	Failures int `json:"failures,omitempty"`
	// Outside counts proposals that are no points of the space.
	Outside int `json:"outside,omitempty"`
	// Fault is what was wrong with the first of them.
	Fault string `json:"fault,omitempty"`
	// Error says why the run does not count.
	Error string `json:"error,omitempty"`
}

// Key tells runs apart. Of two records with one key, the later counts.
type Key struct {
	Contestant, Problem string
	Mode                Mode
	Seed                uint64
	Trials              int
}

// Key returns the record's.
func (r Record) Key() Key { return Key{r.Contestant, r.Problem, r.Mode, r.Seed, r.Trials} }

// Good reports whether the run counts.
func (r Record) Good() bool { return r.Error == "" && len(r.Regret) > 0 }

// After is the regret after n trials. Who ran out of points keeps what they had.
func (r Record) After(n int) float64 { return r.Regret[min(n, len(r.Regret))-1] }

// ReadRecords reads lines of records. Of records with one key the last is kept, in the place of the first. A last
// line that was cut off is left out.
func ReadRecords(r io.Reader) ([]Record, error) {
	var records []Record
	at := map[Key]int{}
	in := bufio.NewReader(r)
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if err == io.EOF {
			return records, nil // what stands behind the last line feed was cut off
		}
		if err != nil {
			return nil, err
		}
		var record Record
		if err := json.Unmarshal(text, &record); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if i, again := at[record.Key()]; again {
			records[i] = record
			continue
		}
		at[record.Key()] = len(records)
		records = append(records, record)
	}
}
