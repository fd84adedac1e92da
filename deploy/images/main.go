package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "images:", err)
		os.Exit(1)
	}
}

// builder is one run: which images, for which architectures, and what becomes of them.
type builder struct {
	root, out, registry string
	architectures       []string
	recipes             []recipe
	push, insecure      bool
	release             release
	stdout              io.Writer
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	b, err := parse(args, stdout)
	if err != nil {
		return err
	}
	commit, when := revision(ctx, b.root)
	b.release.revision = commit
	if b.release.when, err = epoch(getenv("SOURCE_DATE_EPOCH"), when); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "hone-images-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	for _, r := range b.recipes {
		if err := b.image(ctx, r, folder); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// parse reads the flags; what follows them are names of images, all of them where there are none.
func parse(args []string, stdout io.Writer) (*builder, error) {
	b := &builder{stdout: stdout}
	flags := flag.NewFlagSet("images", flag.ContinueOnError)
	flags.StringVar(&b.root, "root", ".", "root of the repository")
	flags.StringVar(&b.out, "out", "dist/images", "folder to write to")
	flags.StringVar(&b.registry, "registry", "ghcr.io/hone-tuner", "what the names of the images begin with: a registry, and a path in it")
	flags.StringVar(&b.release.version, "version", "dev", "version of the programs, and tag of the images")
	architectures := flags.String("arch", "amd64,arm64", "architectures")
	flags.BoolVar(&b.push, "push", false, "push to the registry, with the credentials of docker login")
	flags.BoolVar(&b.insecure, "insecure", false, "the registry speaks HTTP")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	b.architectures = strings.Split(*architectures, ",")
	for _, a := range b.architectures {
		if !slices.Contains([]string{"amd64", "arm64"}, a) {
			return nil, fmt.Errorf("unknown architecture %q: amd64 and arm64 are known", a)
		}
	}
	b.recipes = recipes()
	if names := flags.Args(); len(names) > 0 {
		b.recipes = slices.DeleteFunc(b.recipes, func(r recipe) bool { return !slices.Contains(names, r.name) })
		if len(b.recipes) != len(names) {
			return nil, fmt.Errorf("one of %s is no image, or stands twice: there are hone, collector and digits", strings.Join(names, ", "))
		}
	}
	return b, nil
}

// image builds one image for all architectures, writes it, and pushes it if that is asked for.
func (b *builder) image(ctx context.Context, r recipe, folder string) error {
	ref, err := b.reference(r)
	if err != nil {
		return err
	}
	images := map[string]v1.Image{}
	for _, a := range b.architectures {
		program, err := b.compile(ctx, r, a, folder)
		if err != nil {
			return err
		}
		if images[a], err = newImage(r, a, program, b.release); err != nil {
			return err
		}
		archive := filepath.Join(b.out, r.name+"-"+a+".tar")
		if err := writeArchive(archive, ref, images[a]); err != nil {
			return err
		}
		if err := b.tell(images[a], a, archive); err != nil {
			return err
		}
	}
	index := newIndex(r, images, b.architectures, b.release)
	if err := writeLayout(filepath.Join(b.out, r.name), ref, index); err != nil {
		return err
	}
	if b.push {
		if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
			return err
		}
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(b.stdout, "%s@%s%s\n", ref.String(), digest, map[bool]string{true: "  pushed"}[b.push])
	return err
}

// reference is the full name of an image.
func (b *builder) reference(r recipe) (name.Tag, error) {
	var options []name.Option
	if b.insecure {
		options = append(options, name.Insecure)
	}
	return name.NewTag(b.registry+"/"+r.name+":"+tagged(b.release.version), options...)
}

// tell prints what an image weighs, as a node downloads it and as it lies there.
func (b *builder) tell(image v1.Image, architecture, archive string) error {
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	var packed int64
	for _, l := range layers {
		n, err := l.Size()
		if err != nil {
			return err
		}
		packed += n
	}
	_, err = fmt.Fprintf(b.stdout, "%-40s linux/%-6s %5.1f MB to download\n", archive, architecture, float64(packed)/1e6)
	return err
}
