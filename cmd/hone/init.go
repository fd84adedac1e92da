package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
	"github.com/spf13/cobra"
)

// initFile is what hone init writes unless told otherwise.
const initFile = "experiment.yaml"

func newInitCommand(a *app) *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write an experiment file with comments, to start from",
		Long: `Write an experiment file that explains its fields, to start from. FILE is experiment.yaml unless given; - is
standard output. A file that exists is never overwritten.`,
		Example: `  hone init
  hone init tune.yaml --name digits`,
		Args: needs("[FILE]"),
	}
	cmd.Flags().StringVar(&name, "name", "", "the experiment's name (default: that of the file or its folder)")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		file := initFile
		if len(args) > 0 {
			file = args[0]
		}
		if name == "" {
			name = nameFor(file)
		}
		if err := checkName(name); err != nil {
			return err
		}
		if file == standardInput {
			_, err := a.stdout.Write(spec.Example(name))
			return err
		}
		if err := writeNew(file, spec.Example(name)); err != nil {
			return err
		}
		a.stderr.print("wrote %s: change it, check it with `hone validate %s`, then `hone run %s`", file, file, file)
		return nil
	}
	return cmd
}

// checkName refuses a name with which the file would not be valid.
func checkName(name string) error {
	_, err := spec.New(catalog()).Decode(spec.Example(name), hone.Overrides{})
	var wrong hone.FieldErrors
	if !errors.As(err, &wrong) {
		return err
	}
	for _, f := range wrong {
		if f.Path == "metadata.name" {
			return usagef("--name: %s", f.Message)
		}
	}
	return err
}

// nameFor makes the name of an experiment of the name of its file, or of the folder when that says nothing.
func nameFor(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if base == "experiment" || file == standardInput {
		base = "."
		if dir, err := filepath.Abs(filepath.Dir(file)); err == nil {
			base = filepath.Base(dir)
		}
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(base))
	name = strings.TrimLeft(name, "-0123456789")
	name = strings.Trim(name[:min(len(name), 40)], "-")
	if name == "" {
		return "my-experiment"
	}
	return name
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // for its user to share
	if errors.Is(err, fs.ErrExist) {
		return hone.Errorf(hone.AlreadyExists, "%s exists, and is left as it is; name another file: hone init FILE", name)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
