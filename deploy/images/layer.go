package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// entry is a file or, where there is no content, a folder of a layer.
type entry struct {
	path    string
	mode    int64
	owner   int
	content []byte
}

// newLayer packs entries in their order, so that the same ones always give the same bytes.
func newLayer(entries []entry, when time.Time) (v1.Layer, error) {
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, e := range entries {
		h := &tar.Header{Name: e.path, Mode: e.mode, Uid: e.owner, Gid: e.owner, ModTime: when, Format: tar.FormatPAX, Typeflag: tar.TypeReg, Size: int64(len(e.content))}
		if e.content == nil {
			h.Typeflag, h.Name = tar.TypeDir, e.path+"/"
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer),
		tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
}

// layersOf packs a recipe: what seldom changes below, the program on top.
func layersOf(r recipe, program string, when time.Time) ([]v1.Layer, error) {
	binary, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var below []entry
	if r.certificates {
		below = append(below,
			entry{path: "etc", mode: 0o755}, entry{path: "etc/ssl", mode: 0o755}, entry{path: "etc/ssl/certs", mode: 0o755},
			entry{path: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: rootCertificates()})
	}
	if r.data != "" {
		below = append(below, entry{path: r.data, mode: 0o700, owner: user})
	}
	var layers []v1.Layer
	if len(below) > 0 {
		// Its time is fixed, so that all versions share this layer.
		layer, err := newLayer(below, time.Unix(0, 0))
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer)
	}
	if len(binary) == 0 {
		return nil, errors.New("the program " + program + " is empty")
	}
	layer, err := newLayer([]entry{{path: r.name, mode: 0o755, content: binary}}, when)
	return append(layers, layer), err
}
