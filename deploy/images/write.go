package main

import (
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// writeLayout writes an image of all architectures as a folder in the OCI layout, for skopeo, crane, podman and the like.
func writeLayout(folder string, ref name.Tag, index v1.ImageIndex) error {
	if err := os.RemoveAll(folder); err != nil { // of an earlier build
		return err
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": ref.String()}))
}

// writeArchive writes the image of one architecture as `docker load`, `ctr images import` and `kind load image-archive` read it.
// The file gets its name when it is complete.
func writeArchive(path string, ref name.Tag, image v1.Image) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := file.Close(); err != nil {
		return err
	}
	if err := tarball.WriteToFile(file.Name(), ref, image); err != nil {
		return err
	}
	if err := os.Chmod(file.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
