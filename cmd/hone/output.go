package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The output formats.
const (
	asTable = "table" // for people
	asWide  = "wide"  // for people, with every column and all digits
	asJSON  = "json"
	asYAML  = "yaml"
	asCSV   = "csv"
	asMD    = "md"
	asText  = "text" // a description for people
	asJSONL = "jsonl"
)

// listFormats are the formats of everything that is listed.
func listFormats() []string { return []string{asTable, asWide, asJSON, asYAML, asCSV, asMD} }

// thingFormats are the formats of what is shown alone.
func thingFormats() []string { return []string{asText, asJSON, asYAML} }

// formatValue is the -o flag: one of some words.
type formatValue struct {
	value   *string
	allowed []string
}

func (f formatValue) String() string { return *f.value }
func (f formatValue) Type() string   { return "format" }
func (f formatValue) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("it must be %s", alternatives(f.allowed))
	}
	*f.value = s
	return nil
}

func alternatives(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// outputFlag gives a command its -o flag; the first format is the default.
func outputFlag(cmd *cobra.Command, formats []string) *string {
	value := formats[0]
	cmd.Flags().VarP(formatValue{value: &value, allowed: formats}, "output", "o", "format: "+alternatives(formats))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	return &value
}

// listing is something that can be shown in every format.
type listing struct {
	columns []column
	rows    []row
	// document makes what JSON and YAML show, of the rows with these keys, in this order.
	document func(keys []int) any
	// empty is said when there is nothing to show to people.
	empty string
}

// column describes a column of a listing.
type column struct {
	name  string   // in CSV, and for --columns and --sort
	also  []string // its other names there
	title string   // over the table; the name in capitals unless set
	wide  bool     // shown with -o wide, csv and md only
	right bool     // aligned to the right
	quiet bool     // left out of csv and md: it is a drawing
}

func (c column) heading() string {
	if c.title != "" {
		return c.title
	}
	return strings.ToUpper(c.name)
}

// row is one line of a listing. Key says which thing of the document it is.
type row struct {
	key   int
	cells []cell
}

// print shows the listing on stdout.
func (a *app) print(l listing, format string) error {
	switch format {
	case asJSON, asYAML:
		keys := make([]int, len(l.rows))
		for i, r := range l.rows {
			keys[i] = r.key
		}
		return a.printDocument(l.document(keys), format)
	case asCSV:
		return writeCSV(a.stdout, l.only(func(c column) bool { return !c.quiet }))
	case asMD:
		_, err := io.WriteString(a.stdout, markdownTable(l.only(func(c column) bool { return !c.quiet })))
		return err
	}
	if len(l.rows) == 0 && l.empty != "" {
		a.stderr.print("%s", l.empty)
		return nil
	}
	wide := format == asWide
	_, err := io.WriteString(a.stdout, a.textTable(l.only(func(c column) bool { return wide || !c.wide }), wide))
	return err
}

// only leaves some columns.
func (l listing) only(keep func(column) bool) listing {
	var at []int
	for i, c := range l.columns {
		if keep(c) {
			at = append(at, i)
		}
	}
	return l.at(at)
}

// at leaves the columns with these indices, in this order.
func (l listing) at(indices []int) listing {
	out := l
	out.columns = make([]column, len(indices))
	out.rows = make([]row, len(l.rows))
	for to, from := range indices {
		out.columns[to] = l.columns[from]
	}
	for i, r := range l.rows {
		cells := make([]cell, len(indices))
		for to, from := range indices {
			cells[to] = r.cells[from]
		}
		out.rows[i] = row{key: r.key, cells: cells}
	}
	return out
}

func writeCSV(w io.Writer, l listing) error {
	out := csv.NewWriter(w)
	record := make([]string, len(l.columns))
	for i, c := range l.columns {
		record[i] = c.name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, r := range l.rows {
		for i, c := range r.cells {
			record[i] = c.full
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// printDocument shows a value as JSON or YAML.
func (a *app) printDocument(v any, format string) error {
	data, err := marshalDocument(v, format)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(data)
	return err
}

func marshalDocument(v any, format string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if format == asYAML {
		return yamlOf(b.Bytes())
	}
	return b.Bytes(), nil
}
