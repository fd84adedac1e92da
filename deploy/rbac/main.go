package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "rbac:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	p := plan{kinds: builtin()}
	flags := flag.NewFlagSet("rbac", flag.ContinueOnError)
	flags.SetOutput(stderr)
	cluster := flags.Bool("cluster", false, "for a service that works in all namespaces")
	namespaced := flags.Bool("namespaced", false, "for one that works in its own namespace")
	flags.StringVar(&p.name, "name", "hone", "name of the service account, and of its roles")
	flags.StringVar(&p.namespace, "namespace", "hone-system", "namespace of the service")
	kinds := flags.String("kinds", "", "kinds of trials, as in jobs.batch,pytorchjobs.kubeflow.org; all that Hone knows unless given")
	also := flags.String("also", "", "further kinds, as in workflows.argoproj.io")
	table := flags.Bool("table", false, "print the table of docs/kubernetes.md")
	folder := flags.String("write", "", "write the files of the repository below this folder")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := p.choose(*kinds, *also); err != nil {
		return err
	}
	if *folder != "" {
		return write(*folder)
	}
	if *table {
		_, err := io.WriteString(stdout, p.table())
		return err
	}
	var objects []any
	switch {
	case *cluster == *namespaced:
		return errors.New("say for what: -cluster or -namespaced")
	case *cluster:
		objects = p.cluster()
	default:
		objects = p.namespaced()
	}
	out, err := document(objects...)
	if err == nil {
		_, err = stdout.Write(out)
	}
	return err
}

// choose takes the kinds that were asked for.
func (p *plan) choose(only, also string) error {
	split := func(list string) (out []resource, err error) {
		for _, text := range strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' }) {
			r, err := parseResource(text)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
		return out, nil
	}
	if only != "" {
		chosen, err := split(only)
		if err != nil {
			return err
		}
		p.kinds = chosen
	}
	more, err := split(also)
	p.kinds = append(p.kinds, more...)
	return err
}

// files are those of the repository, by their paths below deploy. Kustomize fills in the namespace; the chart
// takes rules and makes the objects itself.
func files() (map[string][]byte, error) {
	p := plan{name: "hone", kinds: builtin()}
	out := map[string][]byte{}
	for path, objects := range map[string][]any{
		"kustomize/rbac/cluster/rbac.yaml":        p.cluster(),
		"kustomize/rbac/namespaced/rbac.yaml":     p.namespaced(),
		"kustomize/overlays/kubeflow/users.yaml":  p.kubeflow(),
		"helm/hone/files/rules/trials.yaml":       {trialRules(p.kinds)},
		"helm/hone/files/rules/cluster.yaml":      {clusterRules(p.kinds)},
		"helm/hone/files/rules/authenticate.yaml": {authenticationRules()},
		"helm/hone/files/rules/own.yaml":          {ownRules("LEASE")}, // the chart knows its name
		"helm/hone/files/rules/users.yaml":        {userRules()},
	} {
		text, err := document(objects...)
		if err != nil {
			return nil, err
		}
		out[path] = text
	}
	return out, nil
}

func write(folder string) error {
	all, err := files()
	if err != nil {
		return err
	}
	for path, text := range all {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
