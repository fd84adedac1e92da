package main

import (
	"github.com/hone-tuner/hone/spec"
	"github.com/spf13/cobra"
)

func newSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON schema of experiment files, for editors",
		Long: `Print the JSON schema of experiment files. Editors that know it complete fields and mark mistakes; many read
it from a comment in the file: # yaml-language-server: $schema=hone.schema.json`,
		Example: `  hone schema > hone.schema.json`,
		Args:    needs(),
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(spec.Schema())
			return err
		},
	}
}
