package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

const (
	maxImportFile = 64 << 20
	maxMistakes   = 20 // so many mistakes of a file are told
)

func newImportCommand(a *app) *cobra.Command {
	format := "auto"
	formats := []string{"auto", asCSV, asJSONL}
	cmd := &cobra.Command{
		Use:   "import NAME FILE",
		Short: "Add finished trials from elsewhere as history, from CSV or JSON lines",
		Long: `Add finished trials from elsewhere as history for the algorithm: from CSV or from JSON lines, such as hone
export writes. FILE may be - for standard input. All trials of the file are added, or none.

CSV begins with a line of column names: those of parameters (or param:NAME), metric:NAME for metrics, the
objective's name (or value) for its value, and state (Succeeded unless given). A parameter that is not
active has an empty cell. JSON lines are objects with parameters, metrics and state.

Imported trials count for no limit, and are ranked only with hone leaderboard --imported.`,
		Example: `  hone import digits earlier.csv
  hone export digits-old | hone import digits -`,
		Args: needs("NAME", "FILE"),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return a.completeExperiments(cmd, args, prefix)
		},
	}
	cmd.Flags().Var(formatValue{value: &format, allowed: formats}, "format", "format of the file: "+alternatives(formats))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		content, err := a.readImport(args[1])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			trials, skipped, err := parseImport(e.Spec, content, importFormat(format, args[1], content))
			if err != nil {
				return inFile(args[1], err)
			}
			if skipped > 0 {
				a.stderr.print("left out %s that had not ended", plural(skipped, "trial"))
			}
			if len(trials) == 0 {
				a.stderr.print("%s holds no finished trials: nothing was imported", args[1])
				return nil
			}
			n, err := s.Import(cmd.Context(), name, trials)
			if err != nil {
				return inFile(args[1], err)
			}
			a.stderr.print("%s: imported %s", name, plural(n, "trial"))
			return nil
		})
	}
	return cmd
}

func (a *app) readImport(name string) ([]byte, error) {
	in := a.stdin
	if name != standardInput {
		file, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hone.Errorf(hone.InvalidArgument, "there is no file %s", name)
		}
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "%s cannot be opened: %w", name, err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	content, err := readBounded(in, name, maxImportFile)
	return bytes.TrimPrefix(content, []byte("\ufeff")), err
}

// importFormat goes by the ending of the file, else by its first character.
func importFormat(format, name string, content []byte) string {
	if format != "auto" {
		return format
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return asCSV
	case ".jsonl", ".ndjson", ".json":
		return asJSONL
	}
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		return asJSONL
	}
	return asCSV
}

// parseImport reads the finished trials of a file; skipped counts the ones that had not ended.
func parseImport(spec hone.Spec, content []byte, format string) (trials []hone.ImportedTrial, skipped int, err error) {
	if format == asCSV {
		return parseCSV(spec, bytes.NewReader(content))
	}
	return parseLines(spec, bytes.NewReader(content))
}

// importer gathers the trials of a file and its mistakes.
type importer struct {
	spec    hone.Spec
	trials  []hone.ImportedTrial
	skipped int
	errs    hone.FieldErrors
	more    int // mistakes that are not told
}

func (p *importer) mistake(lineNumber int, path, message string) {
	if len(p.errs) == maxMistakes {
		p.more++
		return
	}
	p.errs = append(p.errs, hone.FieldError{Path: path, Line: lineNumber, Message: message})
}

// add takes a trial unless it has not ended.
func (p *importer) add(t hone.ImportedTrial) {
	if t.State != "" && !t.State.Ended() {
		p.skipped++
		return
	}
	p.trials = append(p.trials, t)
}

func (p *importer) result() ([]hone.ImportedTrial, int, error) {
	if p.more > 0 {
		p.errs = append(p.errs, hone.FieldError{Message: "and " + plural(p.more, "more mistake")})
	}
	if err := p.errs.Err(); err != nil {
		return nil, 0, err
	}
	return p.trials, p.skipped, nil
}

// state finds a state of trials by its name, whatever its case.
func parseState(s string) (hone.TrialState, bool) {
	if s == "" {
		return "", true
	}
	for _, known := range hone.TrialStates() {
		if strings.EqualFold(s, string(known)) {
			return known, true
		}
	}
	return "", false
}
