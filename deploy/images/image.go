package main

import (
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// release is what all images of one build have in common.
type release struct {
	version  string
	revision string
	when     time.Time
}

const source = "https://github.com/hone-tuner/hone"

// labels are those of the OCI image specification.
func (r recipe) labels(of release) map[string]string {
	out := map[string]string{
		"org.opencontainers.image.title":       r.title,
		"org.opencontainers.image.description": r.description,
		"org.opencontainers.image.version":     of.version,
		"org.opencontainers.image.created":     of.when.UTC().Format(time.RFC3339),
		"org.opencontainers.image.source":      source,
		"org.opencontainers.image.licenses":    "Apache-2.0",
	}
	if of.revision != "" {
		out["org.opencontainers.image.revision"] = of.revision
	}
	return out
}

// config says how a container of the image runs.
func (r recipe) config(of release) v1.Config {
	id := strconv.Itoa(user)
	c := v1.Config{Entrypoint: []string{"/" + r.name}, Cmd: r.arguments, Env: r.environment, User: id + ":" + id, WorkingDir: "/", Labels: r.labels(of)}
	if r.data != "" {
		c.WorkingDir, c.Volumes = "/"+r.data, map[string]struct{}{"/" + r.data: {}}
	}
	if r.port != "" {
		c.ExposedPorts = map[string]struct{}{r.port: {}}
	}
	return c
}

// newImage makes the image of one architecture around a compiled program.
func newImage(r recipe, architecture, program string, of release) (v1.Image, error) {
	layers, err := layersOf(r, program, of.when)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(base, &v1.ConfigFile{
		Architecture: architecture, OS: "linux", Created: v1.Time{Time: of.when.UTC()}, Config: r.config(of),
		RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		history := v1.History{Created: v1.Time{Time: of.when.UTC()}, CreatedBy: "deploy/images"}
		if image, err = mutate.Append(image, mutate.Addendum{Layer: layer, History: history}); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// newIndex joins the images of several architectures to one that runs on all of them.
func newIndex(r recipe, images map[string]v1.Image, architectures []string, of release) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, a := range architectures {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: images[a], Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: a}}})
	}
	return mutate.Annotations(index, r.labels(of)).(v1.ImageIndex)
}

// tagged is a version as a tag may be written.
func tagged(version string) string {
	keep := func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '-'
	}
	return strings.Map(keep, version)
}
