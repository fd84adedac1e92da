package local

import (
	"bytes"
	"context"
	"errors"
	"os"

	"github.com/hone-tuner/hone/test/cluster/image"
)

const (
	pauseImage = "docker.io/local/pause:1"
	// ProbeImage holds cmd/probe; every cluster with a node has it.
	ProbeImage = "docker.io/local/probe:1"
	// deliveryImage is what launchers of MPIJobs take kubectl from.
	deliveryImage = "docker.io/local/kubectl-delivery:1"
)

// loadOwnImages builds the images that the cluster itself needs and gives them to containerd.
func (c *Cluster) loadOwnImages(ctx context.Context) error {
	pause, err := c.program(ctx, "pause")
	if err != nil {
		return err
	}
	probe, err := c.program(ctx, "probe")
	if err != nil {
		return err
	}
	images := []image.Image{
		{Name: pauseImage, Files: []image.File{{Path: "/bin/pause", Data: pause}}, Entrypoint: []string{"/bin/pause"}, User: "65535:65535"},
		{Name: ProbeImage, Files: []image.File{{Path: "/bin/probe", Data: probe}}, Entrypoint: []string{"/bin/probe"}, User: "65532:65532"},
	}
	if c.options.Operators {
		kubectl, err := os.ReadFile(c.state.Binaries["kubectl"])
		if err != nil {
			return err
		}
		images = append(images, image.Image{
			Name:       deliveryImage,
			Files:      []image.File{{Path: "/bin/probe", Data: probe}, {Path: "/bin/kubectl", Data: kubectl}},
			Entrypoint: []string{"/bin/probe", "copy=/bin/kubectl:/opt/kube/kubectl"},
		})
	}
	for _, img := range images {
		if err := c.loadOnce(ctx, img); err != nil {
			return err
		}
	}
	return nil
}

// program builds one of the programs of this module.
func (c *Cluster) program(ctx context.Context, name string) ([]byte, error) {
	binary := c.path("programs", name)
	if err := c.goBuild(ctx, c.options.Source, binary, "", "./cmd/"+name); err != nil {
		return nil, err
	}
	return os.ReadFile(binary)
}

// loadOnce loads an image unless the node has just this one.
func (c *Cluster) loadOnce(ctx context.Context, img image.Image) error {
	var archive bytes.Buffer
	if err := image.Write(&archive, img); err != nil {
		return err
	}
	file := c.path("images", img.FileName())
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, archive.Bytes()) {
		return nil
	}
	if err := writeFile(file+".loading", archive.Bytes()); err != nil {
		return err
	}
	if err := c.Load(ctx, file+".loading"); err != nil {
		return err
	}
	return os.Rename(file+".loading", file)
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
