package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// What the images are called in the files of the repository.
const (
	registry = "ghcr.io/hone-tuner"
	version  = "dev"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	flags.SetOutput(stderr)
	kustomize := flags.String("kustomize", "../kustomize", "folder of the kustomizations")
	overlay := flags.String("overlay", "standalone", "standalone, namespaced or kubeflow")
	namespace := flags.String("namespace", "", "namespace, instead of the overlay's own")
	from := flags.String("registry", registry, "what the names of the images begin with")
	tag := flags.String("version", version, "tag of the images")
	components := flags.String("components", "", "components to add, as in read-write-once,admin-token")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := build(*kustomize, *overlay, *namespace, strings.FieldsFunc(*components, func(c rune) bool { return c == ',' }))
	if err != nil {
		return err
	}
	for _, image := range []string{"hone", "collector"} {
		text = bytes.ReplaceAll(text, []byte(registry+"/"+image+":"+version), []byte(*from+"/"+image+":"+*tag))
	}
	_, err = fmt.Fprintf(stdout, "# Hone (%s), in one file. make manifests writes it from deploy/kustomize/overlays/%s.\n%s", *overlay, *overlay, text)
	return err
}

// build renders an overlay as `kubectl kustomize` does, with what is added to it as in an overlay on top.
func build(folder, overlay, namespace string, components []string) ([]byte, error) {
	files, err := load(folder)
	if err != nil {
		return nil, err
	}
	k := types.Kustomization{Namespace: namespace, Resources: []string{"../overlays/" + overlay}}
	for _, c := range components {
		k.Components = append(k.Components, "../components/"+c)
	}
	data, err := yaml.Marshal(k)
	if err != nil {
		return nil, err
	}
	if err := files.WriteFile("/top/kustomization.yaml", data); err != nil {
		return nil, err
	}
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "/top")
	if err != nil {
		return nil, err
	}
	return rendered.AsYaml()
}

// load copies a folder into memory, where something can be put on top of it.
func load(folder string) (filesys.FileSystem, error) {
	files := filesys.MakeFsInMemory()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return files.WriteFile("/"+filepath.ToSlash(inside), data)
	})
	return files, err
}
