package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/require"
)

// sources writes a small program of the shape that recipes expect.
func sources(t *testing.T) string {
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	write("go.mod", "module example.org/small\n\ngo 1.26\n")
	write("cmd/small/main.go", "package main\n\nvar version string\n\nfunc main() { println(version) }\n")
	return root
}

func small() recipe {
	return recipe{name: "small", program: "./cmd/small", title: "Small", arguments: []string{"serve"},
		environment: []string{"A=b"}, data: "data", port: "7070/tcp", certificates: true}
}

func newBuilder(t *testing.T, out io.Writer) *builder {
	return &builder{root: sources(t), out: t.TempDir(), registry: "registry.example/team", architectures: []string{"amd64", "arm64"},
		release: release{version: "v1.2", revision: "abc", when: time.Unix(1_700_000_000, 0)}, stdout: out}
}

func TestTheSameSourcesGiveTheSameDigests(t *testing.T) {
	var first, second bytes.Buffer
	a, b := newBuilder(t, &first), newBuilder(t, &second) // in different folders
	require.NoError(t, a.image(t.Context(), small(), t.TempDir()))
	require.NoError(t, b.image(t.Context(), small(), t.TempDir()))
	digest := regexp.MustCompile(`registry.example/team/small:v1.2@(sha256:[0-9a-f]{64})\n`)
	require.Equal(t, digest.FindStringSubmatch(first.String()), digest.FindStringSubmatch(second.String()))
	require.NotEmpty(t, digest.FindString(first.String()))
	archive := func(b *builder) []byte {
		data, err := os.ReadFile(filepath.Join(b.out, "small-arm64.tar"))
		require.NoError(t, err)
		return data
	}
	require.Equal(t, archive(a), archive(b))

	var third bytes.Buffer
	c := newBuilder(t, &third)
	c.release.version = "v1.3"
	require.NoError(t, c.image(t.Context(), small(), t.TempDir()))
	require.NotContains(t, third.String(), digest.FindStringSubmatch(first.String())[1], "another version is another image")
}

func TestWhatIsInAnImage(t *testing.T) {
	b := newBuilder(t, io.Discard)
	require.NoError(t, b.image(t.Context(), small(), t.TempDir()))
	ref, err := name.NewTag("registry.example/team/small:v1.2")
	require.NoError(t, err)
	image, err := tarball.ImageFromPath(filepath.Join(b.out, "small-arm64.tar"), &ref)
	require.NoError(t, err)
	require.NoError(t, validate.Image(image))

	c, err := image.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, "linux/arm64", c.OS+"/"+c.Architecture)
	require.Equal(t, "65532:65532", c.Config.User)
	require.Equal(t, []string{"/small"}, c.Config.Entrypoint)
	require.Equal(t, []string{"serve"}, c.Config.Cmd)
	require.Equal(t, []string{"A=b"}, c.Config.Env)
	require.Equal(t, "/data", c.Config.WorkingDir)
	require.Contains(t, c.Config.Volumes, "/data")
	require.Equal(t, "v1.2", c.Config.Labels["org.opencontainers.image.version"])
	require.Equal(t, "abc", c.Config.Labels["org.opencontainers.image.revision"])
	require.Equal(t, "2023-11-14T22:13:20Z", c.Config.Labels["org.opencontainers.image.created"])

	files := map[string]*tar.Header{}
	var certificates []byte
	layers, err := image.Layers()
	require.NoError(t, err)
	for _, layer := range layers {
		r, err := layer.Uncompressed()
		require.NoError(t, err)
		for in := tar.NewReader(r); ; {
			h, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			files[h.Name] = h
			if strings.HasSuffix(h.Name, ".crt") {
				certificates, err = io.ReadAll(in)
				require.NoError(t, err)
			}
		}
	}
	require.Len(t, files, 6)
	require.EqualValues(t, 0o755, files["small"].Mode)
	require.Zero(t, files["small"].Uid, "the program is not its own user's to change")
	require.EqualValues(t, 0o700, files["data/"].Mode)
	require.Equal(t, user, files["data/"].Uid)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(certificates))
	require.Greater(t, bytes.Count(certificates, []byte("BEGIN CERTIFICATE")), 50)
}

func TestAnImageIsPushedForAllArchitectures(t *testing.T) {
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	b := newBuilder(t, io.Discard)
	b.registry, b.push, b.insecure = strings.TrimPrefix(server.URL, "http://")+"/team", true, true
	require.NoError(t, b.image(t.Context(), small(), t.TempDir()))
	ref, err := name.NewTag(b.registry+"/small:v1.2", name.Insecure)
	require.NoError(t, err)
	pushed, err := remote.Index(ref)
	require.NoError(t, err)
	manifest, err := pushed.IndexManifest()
	require.NoError(t, err)
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
	}
	require.Equal(t, []string{"linux/amd64", "linux/arm64"}, platforms)

	written, err := layout.ImageIndexFromPath(filepath.Join(b.out, "small"))
	require.NoError(t, err)
	require.NoError(t, validate.Index(written))
	list, err := written.IndexManifest()
	require.NoError(t, err)
	require.Len(t, list.Manifests, 1)
	digest, err := pushed.Digest()
	require.NoError(t, err)
	require.Equal(t, digest, list.Manifests[0].Digest, "the folder has what was pushed")
}

func TestARegistryThatIsAwayIsAnError(t *testing.T) {
	server := httptest.NewServer(registry.New())
	server.Close()
	b := newBuilder(t, io.Discard)
	b.registry, b.push, b.insecure = strings.TrimPrefix(server.URL, "http://"), true, true
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, b.image(ctx, small(), t.TempDir()))
}

func TestAProgramThatDoesNotCompileIsToldWithItsMessages(t *testing.T) {
	b := newBuilder(t, io.Discard)
	require.NoError(t, os.WriteFile(filepath.Join(b.root, "cmd/small/other.go"), []byte("package main\n\nvar x int = \"\"\n"), 0o644))
	err := b.image(t.Context(), small(), t.TempDir())
	require.ErrorContains(t, err, "./cmd/small for amd64 cannot be built")
	require.ErrorContains(t, err, "other.go:3")
}

func TestFlagsThatCannotBe(t *testing.T) {
	for says, args := range map[string][]string{
		`unknown architecture "s390x"`: {"-arch", "amd64,s390x"},
		"is no image":                  {"hone", "colector"},
		"stands twice":                 {"hone", "hone"},
	} {
		_, err := parse(args, io.Discard)
		require.ErrorContains(t, err, says)
	}
	_, err := epoch("yesterday", time.Time{})
	require.ErrorContains(t, err, "SOURCE_DATE_EPOCH")
	require.Equal(t, "v1.2-3-gabc-dirty-x", tagged("v1.2-3-gabc-dirty+x"))
}

// TestTheDockerfileMakesTheSameImages compares what both say about users, programs and environment.
func TestTheDockerfileMakesTheSameImages(t *testing.T) {
	data, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for _, r := range recipes() {
		_, stage, found := strings.Cut(text, "FROM scratch AS "+r.name+"\n")
		require.True(t, found, r.name)
		stage, _, _ = strings.Cut(stage, "\nFROM ")
		c := r.config(release{})
		require.Contains(t, stage, "USER "+c.User+"\n")
		require.Contains(t, stage, "WORKDIR "+c.WorkingDir+"\n")
		require.Contains(t, stage, `ENTRYPOINT ["/`+r.name+`"]`)
		require.Contains(t, stage, `title="`+r.title+`"`)
		require.Contains(t, text, "/out/"+r.name+" "+r.program+"\n")
		require.Equal(t, r.certificates, strings.Contains(stage, "ca-certificates.crt"))
		require.Equal(t, r.data != "", strings.Contains(stage, "VOLUME /"+r.data))
		for _, variable := range r.environment {
			require.Contains(t, stage, " "+variable, r.name)
		}
		require.Equal(t, len(r.environment), strings.Count(stage, "HONE_"))
		for _, argument := range r.arguments {
			require.Contains(t, stage, `CMD ["`+argument+`"]`)
		}
	}
}
