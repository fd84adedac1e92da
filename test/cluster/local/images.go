package local

import (
	"context"
	"errors"
	"os"

	"github.com/hone-tuner/hone/test/cluster/image"
)

const pauseImage = "docker.io/local/pause:1"

// loadPause builds the image that every pod needs and gives it to containerd.
func (c *Cluster) loadPause(ctx context.Context) error {
	binary := c.path("pause")
	if err := c.goBuild(ctx, c.options.Source, binary, "", "./cmd/pause"); err != nil {
		return err
	}
	data, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	archive, err := os.Create(c.path("pause.tar"))
	if err != nil {
		return err
	}
	defer archive.Close()
	err = image.Write(archive, image.Image{
		Name: pauseImage, Files: []image.File{{Path: "/pause", Data: data}}, Entrypoint: []string{"/pause"}, User: "65535:65535",
	})
	if err != nil {
		return err
	}
	return c.Load(ctx, archive.Name())
}

// Load makes the images of a tar, as `docker save` writes it, known to the node. Pods use them by their full name
// with imagePullPolicy Never or IfNotPresent.
func (c *Cluster) Load(ctx context.Context, archive string) error {
	if !c.state.Node {
		return errors.New("this cluster has no node that could run an image: " + c.state.WithoutNode)
	}
	if _, err := os.Stat(archive); err != nil {
		return err
	}
	_, err := run(ctx, "ctr", "--address", c.socket(), "--namespace", "k8s.io", "images", "import",
		"--snapshotter", c.snapshotter(), archive)
	return err
}
