package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/storage/bolt"
)

// errDamaged ends a check that found something.
var errDamaged = errors.New("the store is damaged")

func newCheckCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Verify a store or a backup of one",
		Long: `Read all of a store, or of a backup, and say what is wrong: every page, every record, every index, every
batch of readings; and the events are gone through anew, to see that they give the states that are stored.
Nothing is changed. Without FILE it is the store of the data directory; "-" reads a copy from stdin.

A store that is in use cannot be checked, but a copy of it can: hone backup - | hone check -

Exit codes: 0 it is whole; 1 it is damaged, or could not be checked.`,
		Example: `  hone check
  hone check /backups/hone-2026-11-23.db
  hone backup - | hone check -`,
		Args:        cobra.MaximumNArgs(1),
		Annotations: map[string]string{worksHere: ""},
	}
	format := outputFlag(cmd, []string{asText, asJSON})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		path := filepath.Join(a.dataDir, datadir.StoreName)
		if len(args) == 1 {
			path = args[0]
		}
		if path == standardInput {
			file, err := a.spool()
			if err != nil {
				return err
			}
			defer func() { _ = os.Remove(file) }()
			path = file
		}
		return a.check(cmd.Context(), path, *format)
	}
	return cmd
}

// spool copies stdin into a file, since a check goes back and forth. The caller removes it.
func (a *app) spool() (path string, err error) {
	file, err := os.CreateTemp("", "hone-check-*.db")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(file, a.stdin)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(hone.Errorf(hone.Unavailable, "stdin could not be copied to %s: %w; TMPDIR names another folder", file.Name(), err), os.Remove(file.Name()))
	}
	return file.Name(), nil
}

func (a *app) check(ctx context.Context, path, format string) error {
	report, err := bolt.Check(ctx, path, a.checkProgress())
	a.stderr.Clear()
	if err != nil {
		return err
	}
	if format == asJSON {
		enc := json.NewEncoder(a.stdout)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return err
		}
	} else if err := writeReport(a.stdout, report); err != nil {
		return err
	}
	if len(report.Findings) == 0 {
		return nil
	}
	a.stderr.print("the store is damaged. What to do: keep this file as it is; put the newest backup that hone check finds whole in its " +
		"place; without one, hone export still gives the experiments that can be read")
	return saidError{errDamaged}
}

// writeReport says what a store holds and what is wrong with it.
func writeReport(w io.Writer, r bolt.Report) error {
	p := &lines{w: w}
	p.add("experiments   %d", r.Experiments)
	p.add("trials        %d", r.Trials)
	p.add("events        %d", r.Events)
	p.add("readings      %d, in %s", r.Measurements, counted(int(r.Batches), "batch", "batches"))
	p.add("size          %s, of which %s are free: the next writes use them, and hone compact gives them back", byteSize(r.Size), byteSize(r.Free))
	for _, name := range sortedNames(r.Buckets) {
		p.add("  %-11s %s", name, byteSize(r.Buckets[name]))
	}
	if len(r.Findings) == 0 {
		p.add("nothing is wrong")
		return p.err
	}
	p.add("")
	p.add("%s wrong:", counted(len(r.Findings)+r.More, "thing is", "things are"))
	for _, f := range r.Findings {
		p.add("  %s", cleanLines(f.String()))
	}
	if r.More > 0 {
		p.add("  and %d more", r.More)
	}
	return p.err
}

// counted is plural, for words that it does not know.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// lines writes lines until one fails.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) add(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
	}
}

func newCompactCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Shrink the store of a data directory that nobody uses",
		Long: `Write the store of the data directory anew without the room that deleted experiments left in it: a file never
shrinks by itself. Nobody may use the directory meanwhile. The new file is checked before it takes the place of the
old one, and needs room beside it.`,
		Example:     `  hone compact`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{worksHere: ""},
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := filepath.Join(a.dataDir, datadir.StoreName)
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				return hone.Errorf(hone.NotFound, "there is no store %s: --data-dir or HONE_DATA names another data directory", path)
			}
			lock, err := datadir.Take(a.dataDir, datadir.UntilDone)
			switch {
			case err != nil:
				return err
			case lock == nil:
				return hone.Errorf(hone.Unavailable, "the data directory %s is in use by process %d: end it first", a.dataDir, datadir.Owner(a.dataDir).PID)
			}
			before, after, err := bolt.Compact(cmd.Context(), path)
			if err = errors.Join(err, lock.Close()); err != nil {
				return err
			}
			a.stderr.print("%s: %s before, %s now", path, byteSize(before), byteSize(after))
			return nil
		},
	}
}
