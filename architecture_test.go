package hone_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/hone-tuner/hone"

// wiring may import several rooms: it is where they meet.
var wiring = []string{"cmd", "embedded", "bench", "examples", "deploy", "test"}

// leaves are small helpers below the rooms, which import at most the root.
const leaves = "internal"

// TestArrowsPointDown parses every import of the module and fails when one points sideways: a room
// imports the root, its own children and the shared leaves, and never another room.
func TestArrowsPointDown(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if complaint := sideways(filepath.ToSlash(filepath.Dir(path)), imported, strings.HasSuffix(path, "_test.go")); complaint != "" {
				t.Errorf("%s imports %s: %s", path, imported, complaint)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, files, 20, "the walk must have seen the module")
}

// sideways says why a package in dir (relative, "." for the root) must not import a path; "" if it may.
func sideways(dir, imported string, test bool) string {
	if imported != module && !strings.HasPrefix(imported, module+"/") {
		return foreign(dir, imported, test)
	}
	target := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
	from, to := room(dir), room(target)
	switch {
	case contains(wiring, from) || test && from == ".":
		return ""
	case from == ".":
		return "the root imports nothing of the house"
	case to == "." || to == from:
		return ""
	case strings.HasPrefix(to, leaves+"/") && !strings.HasPrefix(from, leaves+"/"):
		return ""
	case test:
		return "" // tests may wire rooms together
	}
	return "a room imports the root and its own children, never a sibling"
}

// foreign keeps the root free of libraries.
func foreign(dir, imported string, test bool) string {
	first, _, _ := strings.Cut(imported, "/")
	if dir == "." && !test && strings.Contains(first, ".") {
		return "the root imports the standard library only"
	}
	return ""
}

func room(dir string) string {
	if dir == "" || dir == "." {
		return "."
	}
	first, rest, _ := strings.Cut(dir, "/")
	if first == leaves { // every leaf is a room of its own
		second, _, _ := strings.Cut(rest, "/")
		return leaves + "/" + second
	}
	return first
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

// TestSidewaysFindsWhatItShould keeps the rule above from becoming one that cannot fail.
func TestSidewaysFindsWhatItShould(t *testing.T) {
	require.NotEmpty(t, sideways("controller", module+"/storage/bolt", false))
	require.NotEmpty(t, sideways("algorithms/random", module+"/suggest", false))
	require.NotEmpty(t, sideways(".", module+"/spec", false))
	require.NotEmpty(t, sideways(".", "go.yaml.in/yaml/v4", false))
	require.NotEmpty(t, sideways("internal/template", module+"/internal/wire", false))
	require.Empty(t, sideways("algorithms", module+"/algorithms/random", false))
	require.Empty(t, sideways("algorithms/random", module, false))
	require.Empty(t, sideways("cmd/hone", module+"/storage/bolt", false))
	require.Empty(t, sideways("spec", module+"/internal/template", false))
}
