// Package image builds container images without a Docker daemon and without a registry: a tar in the form of
// `docker save`, with one layer made of the files given. containerd imports it.
//
// Entry point: Write. It imports the standard library only.
package image

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strings"
)

// Image is what goes into an image.
type Image struct {
	// Name is the full name with its tag, for example docker.io/local/probe:1.
	Name string
	// Files of the one layer.
	Files []File
	// Entrypoint and Command are what a container runs unless its pod says otherwise.
	Entrypoint, Command []string
	// Env holds variables, NAME=value.
	Env []string
	// User is the user, and group, by number: "65532:65532". Empty means root.
	User string
	// WorkingDir is where programs start; "" means /.
	WorkingDir string
}

// File is one file of an image.
type File struct {
	// Path in the image, for example /bin/probe. The folders above are made.
	Path string
	// Mode holds the permission bits; 0 means 0755.
	Mode int64
	Data []byte
}

// FileName is a name for the image's tar.
func (i Image) FileName() string {
	return strings.NewReplacer("/", "-", ":", "-").Replace(i.Name) + ".tar"
}

// Write writes the image as a tar. The same image gives the same bytes.
func Write(to io.Writer, image Image) error {
	if !strings.Contains(image.Name, ":") || !strings.Contains(image.Name, "/") {
		return fmt.Errorf("%q is not a full image name like docker.io/local/name:tag", image.Name)
	}
	layer, err := pack(image.Files)
	if err != nil {
		return err
	}
	diff := digest(layer)
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config": map[string]any{
			"Entrypoint": image.Entrypoint, "Cmd": image.Command, "Env": append([]string{"PATH=/bin"}, image.Env...),
			"User": image.User, "WorkingDir": image.WorkingDir,
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + diff}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]any{map[string]any{
		"Config": digest(config) + ".json", "RepoTags": []string{image.Name}, "Layers": []string{diff + "/layer.tar"},
	}})
	if err != nil {
		return err
	}
	archive := tar.NewWriter(to)
	for _, part := range []File{
		{Path: diff + "/layer.tar", Data: layer},
		{Path: digest(config) + ".json", Data: config},
		{Path: "manifest.json", Data: manifest},
	} {
		if err := add(archive, part.Path, 0o644, part.Data); err != nil {
			return err
		}
	}
	return archive.Close()
}

// pack writes the layer: the files in order of their paths, each folder before what is in it.
func pack(files []File) ([]byte, error) {
	files = slices.Clone(files)
	for i := range files {
		files[i].Path = strings.TrimPrefix(path.Clean("/"+files[i].Path), "/")
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	folders := map[string]bool{".": true}
	for _, file := range files {
		if err := addFolders(archive, folders, path.Dir(file.Path)); err != nil {
			return nil, err
		}
		mode := file.Mode
		if mode == 0 {
			mode = 0o755
		}
		if err := add(archive, file.Path, mode, file.Data); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func addFolders(archive *tar.Writer, done map[string]bool, dir string) error {
	if done[dir] {
		return nil
	}
	done[dir] = true
	if err := addFolders(archive, done, path.Dir(dir)); err != nil {
		return err
	}
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
}

func add(archive *tar.Writer, name string, mode int64, data []byte) error {
	if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := archive.Write(data)
	return err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
