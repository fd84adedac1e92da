package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set when a release is linked, and never changes afterwards.
var version = ""

// versionDocument says what program this is.
type versionDocument struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersionCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Show the version of this program",
		Example: `  hone version -o json`,
		Args:    needs(),
	}
	format := outputFlag(cmd, thingFormats())
	cmd.RunE = func(*cobra.Command, []string) error {
		v := buildVersion()
		if *format != asText {
			return a.printDocument(v, *format)
		}
		_, err := fmt.Fprintf(a.stdout, "hone %s %s %s\n", v.Version, v.Go, v.Platform)
		return err
	}
	return cmd
}

func buildVersion() versionDocument {
	v := versionDocument{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	if v.Version == "" {
		v.Version = "(devel)"
	}
	return v
}
