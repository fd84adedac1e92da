package main

import (
	"context"
	"io"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newAlgorithmsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "algorithms",
		Short: "List the search algorithms and early stopping rules, with their settings",
		Example: `  hone algorithms
  hone algorithms -o wide      # every setting with its default`,
		Args: needs(),
	}
	format := outputFlag(cmd, listFormats())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.catalog(cmd.Context())
		if err != nil {
			return err
		}
		switch *format {
		case asJSON, asYAML:
			return a.printDocument(c, *format)
		case asTable:
			_, err := io.WriteString(a.stdout, a.describeCatalog(c))
			return err
		}
		return a.print(settingListing(c), *format)
	}
	return cmd
}

// catalog is the service's when --server names one, else this program's own.
func (a *app) catalog(ctx context.Context) (c hone.Catalog, err error) {
	if a.server == "" {
		return catalog(), nil
	}
	err = a.with(ctx, func(s connection) error {
		c, err = s.Algorithms(ctx)
		return err
	})
	return c, err
}

func (a *app) describeCatalog(c hone.Catalog) string {
	var b strings.Builder
	for i, part := range []struct {
		title   string
		choices []hone.Choice
	}{{"ALGORITHM", c.Algorithms}, {"EARLY STOPPING", c.EarlyStopping}} {
		if i > 0 {
			b.WriteByte('\n')
		}
		l := listing{columns: []column{{name: "name", title: part.title}, {name: "settings"}, {name: "summary"}}}
		for _, choice := range part.choices {
			settings := make([]string, len(choice.Settings))
			for i, s := range choice.Settings {
				settings[i] = s.Name
				if !s.Default.IsZero() {
					settings[i] += "=" + s.Default.String()
				}
			}
			l.rows = append(l.rows, row{cells: []cell{textCell(choice.Name), textCell(strings.Join(settings, ", ")), textCell(choice.Summary)}})
		}
		b.WriteString(a.textTable(l, false))
	}
	return b.String()
}

// settingListing has a line for each setting, and one for each choice without any.
func settingListing(c hone.Catalog) listing {
	l := listing{columns: []column{{name: "kind"}, {name: "name"}, {name: "setting"}, {name: "type"}, {name: "default"},
		{name: "min"}, {name: "max"}, {name: "oneOf", title: "ONE OF"}, {name: "summary"}}}
	add := func(kind string, choices []hone.Choice) {
		for _, choice := range choices {
			if len(choice.Settings) == 0 {
				l.rows = append(l.rows, row{cells: []cell{textCell(kind), textCell(choice.Name), {}, {}, {}, {}, {}, {}, textCell(choice.Summary)}})
			}
			for _, s := range choice.Settings {
				l.rows = append(l.rows, row{cells: []cell{textCell(kind), textCell(choice.Name), textCell(s.Name), textCell(s.Type),
					valueCell(s.Default), boundCell(s.Min), boundCell(s.Max), textCell(strings.Join(s.OneOf, " ")), textCell(s.Summary)}})
			}
		}
	}
	add("algorithm", c.Algorithms)
	add("earlyStopping", c.EarlyStopping)
	return l
}

func boundCell(x *float64) cell {
	if x == nil {
		return cell{}
	}
	return floatCell(hone.Float(*x))
}
