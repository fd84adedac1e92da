package main

import (
	"bytes"
	"encoding/json"
	"os"

	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone/bench/contest"
)

func newKeep() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "keep FILE…",
		Short: "make of files of results one that is small enough to be kept with the source",
		Long: `Make of files of results one that is small enough to be kept with the source: without most of the times of
single suggestions. What run is given as --out may begin with a copy of it, and table reads it.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			records, err := contest.ReadFiles(args...)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			enc := json.NewEncoder(&text)
			for _, r := range contest.Keep(records) {
				if err := enc.Encode(r); err != nil {
					return err
				}
			}
			return os.WriteFile(out, text.Bytes(), 0o644)
		},
	}
	c.Flags().StringVar(&out, "out", "", "the file; needed")
	c.MarkFlagRequired("out")
	return c
}
