package image_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/hone-tuner/hone/test/cluster/image"
	"github.com/stretchr/testify/require"
)

type entry struct {
	header *tar.Header
	data   []byte
}

// unpack reads a tar: the names in their order, and what is under them.
func unpack(t *testing.T, data []byte) (names []string, entries map[string]entry) {
	t.Helper()
	entries = map[string]entry{}
	for archive := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return names, entries
		}
		require.NoError(t, err)
		content, err := io.ReadAll(archive)
		require.NoError(t, err)
		names = append(names, header.Name)
		entries[header.Name] = entry{header, content}
	}
}

func write(t *testing.T, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, image.Write(&out, img))
	return out.Bytes()
}

var example = image.Image{
	Name: "docker.io/local/example:2",
	Files: []image.File{
		{Path: "/usr/share/text", Mode: 0o600, Data: []byte("text")},
		{Path: "bin/program", Data: []byte("binary")},
		{Path: "/usr/bin/other", Data: []byte("other")},
	},
	Entrypoint: []string{"/bin/program"}, Command: []string{"a", "b c"}, Env: []string{"A=1"}, User: "65532:65532", WorkingDir: "/usr",
}

func TestAnImageHoldsItsFilesAndSettings(t *testing.T) {
	_, parts := unpack(t, write(t, example))

	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	require.NoError(t, json.Unmarshal(parts["manifest.json"].data, &manifest))
	require.Len(t, manifest, 1)
	require.Equal(t, []string{"docker.io/local/example:2"}, manifest[0].RepoTags)
	require.Len(t, manifest[0].Layers, 1)

	layer := parts[manifest[0].Layers[0]].data
	sum := sha256.Sum256(layer)
	var config struct {
		Config struct {
			Entrypoint, Cmd, Env []string
			User, WorkingDir     string
		}
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	require.NoError(t, json.Unmarshal(parts[manifest[0].Config].data, &config))
	require.Equal(t, []string{"sha256:" + hex.EncodeToString(sum[:])}, config.RootFS.DiffIDs, "containerd compares the layer with this")
	require.Equal(t, []string{"/bin/program"}, config.Config.Entrypoint)
	require.Equal(t, []string{"a", "b c"}, config.Config.Cmd)
	require.Contains(t, config.Config.Env, "A=1")
	require.Equal(t, "65532:65532", config.Config.User)
	require.Equal(t, "/usr", config.Config.WorkingDir)

	names, files := unpack(t, layer)
	require.Equal(t, []string{"bin/", "bin/program", "usr/", "usr/bin/", "usr/bin/other", "usr/share/", "usr/share/text"}, names)
	require.Equal(t, []byte("binary"), files["bin/program"].data)
	require.EqualValues(t, 0o755, files["bin/program"].header.Mode)
	require.EqualValues(t, 0o600, files["usr/share/text"].header.Mode)
}

func TestTheSameImageGivesTheSameBytes(t *testing.T) {
	again := example
	again.Files = []image.File{example.Files[2], example.Files[0], example.Files[1]}
	require.Equal(t, write(t, example), write(t, again))
}

func TestAnImageNeedsAFullName(t *testing.T) {
	for _, name := range []string{"", "example", "docker.io/local/example"} {
		require.ErrorContains(t, image.Write(io.Discard, image.Image{Name: name}), "not a full image name", name)
	}
}
