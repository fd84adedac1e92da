package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// standardOutput is the name of the file that stdout is.
const standardOutput = "-"

func newBackupCommand(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store, also while it is in use",
		Long: `Copy everything that is remembered into FILE, as it is at one moment, also while a hone run or hone serve
goes on writing. The copy is written beside it, checked, and named FILE when it is whole; "-" writes it to
stdout, unchecked. To restore it, put it as hone.db into an empty data directory.

It holds experiments, trials, readings, events, and tokens by their hashes. The folders of the trials, with what
the programs wrote, are not in it, nor is the secret that tokens of running trials are made with.`,
		Example: `  hone backup /backups/hone-$(date +%F).db
  hone backup - | zstd > hone.db.zst
  hone backup - --server https://hone.example | hone check -`,
		Args: needs("FILE"),
	}
	cmd.Flags().BoolVarP(&force, "force", "f", false, "replace FILE if it is there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.with(cmd.Context(), func(s connection) error {
			source, ok := s.(hone.BackupService)
			switch {
			case !ok:
				return hone.Errorf(hone.Unimplemented, "this connection cannot copy the store")
			case args[0] == standardOutput && isTerminal(a.stdout):
				return usagef("a backup is no text for a terminal: send stdout to a file or a program")
			case args[0] == standardOutput:
				return source.Backup(cmd.Context(), a.stdout)
			}
			return a.backup(cmd.Context(), source, args[0], force)
		})
	}
	return cmd
}

// backup copies the store into a file, which gets its name when it is known to be whole.
func (a *app) backup(ctx context.Context, source hone.BackupService, path string, force bool) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return hone.Errorf(hone.AlreadyExists, "%s is there already: choose another name, or use --force", path)
	}
	partial := path + ".partial"
	file, err := ownFile(partial)
	if err != nil {
		return err
	}
	report, err := a.copyChecked(ctx, source, file)
	if err == nil {
		err = nameFile(partial, path, force)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(partial))
	}
	if err := file.Close(); err != nil {
		return err
	}
	a.stderr.print("%s holds %s, %s and %s (%s), and is whole", path, plural(report.Experiments, "experiment"),
		plural(report.Trials, "trial"), plural(int(report.Measurements), "reading"), byteSize(report.Size))
	return nil
}

// ownFile opens a file for writing that no other backup writes to. What an earlier one left in it goes.
func ownFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, hone.Errorf(hone.NotFound, "%s cannot be made: there is no folder %s", path, filepath.Dir(path))
	case err != nil:
		return nil, hone.Errorf(hone.PermissionDenied, "the backup cannot be written: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(hone.Errorf(hone.Unavailable, "%s is being written by another backup", path), file.Close())
	}
	if err := file.Truncate(0); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// copyChecked copies the store into a file and checks what arrived.
func (a *app) copyChecked(ctx context.Context, source hone.BackupService, file *os.File) (report bolt.Report, err error) {
	if err = source.Backup(ctx, file); err == nil {
		err = file.Sync()
	}
	if errors.Is(err, unix.ENOSPC) {
		err = hone.Errorf(hone.ResourceExhausted, "the disk of %s is full: free some space and try again", file.Name())
	}
	if err != nil {
		return report, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_SH); err != nil { // for the check to read it
		return report, err
	}
	report, err = bolt.Check(ctx, file.Name(), a.checkProgress())
	a.stderr.Clear()
	if err == nil && len(report.Findings) > 0 {
		err = hone.Errorf(hone.DataLoss, "the copy is not whole, so that it was not kept (%s); hone backup - > FILE; hone check FILE tells more", report.Findings[0])
	}
	return report, err
}

// nameFile gives a file that is complete its name, for good.
func nameFile(partial, path string, force bool) error {
	var err error
	if force {
		err = os.Rename(partial, path)
	} else if err = os.Link(partial, path); err == nil { // which, unlike a renaming, replaces nothing
		err = os.Remove(partial)
	} else if !errors.Is(err, fs.ErrExist) { // no links on this file system
		err = os.Rename(partial, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return hone.Errorf(hone.AlreadyExists, "%s has come into being meanwhile: choose another name, or use --force", path)
	}
	if err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// checkProgress shows how far a check is, on a terminal only.
func (a *app) checkProgress() func(bolt.Progress) {
	if !a.isTTY {
		return nil
	}
	return func(p bolt.Progress) {
		line := "checking: " + p.Doing
		if p.Total > 0 {
			line += fmt.Sprintf(" %d%%", 100*p.Done/p.Total)
		}
		a.stderr.Draw([]string{line})
	}
}

// byteSize writes a number of bytes for people.
func byteSize(n int64) string {
	units := []string{"bytes", "KB", "MB", "GB", "TB"}
	x, unit := float64(n), 0
	for ; x >= 1000 && unit < len(units)-1; unit++ {
		x /= 1000
	}
	if unit == 0 {
		return fmt.Sprintf("%d %s", n, units[0])
	}
	return fmt.Sprintf("%.1f %s", x, units[unit])
}
