package local

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFinderForgetsAProgramThatWentAwayAndAnotherPath(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "train"), []byte("#!/bin/sh\n"), 0o700))
	}
	var f finder
	find := func(path string) string {
		file, _ := f.find("train", "/", []string{"PATH=" + path})
		return file
	}
	require.Equal(t, first+"/train", find(first+":"+second))
	require.Equal(t, first+"/train", find(first+":"+second))
	require.Equal(t, second+"/train", find(second+":"+first), "another PATH is another question")
	require.Equal(t, first+"/train", find(first+":"+second))
	require.NoError(t, os.Chmod(first+"/train", 0o600))
	require.Equal(t, second+"/train", find(first+":"+second))
	require.NoError(t, os.Remove(second+"/train"))
	require.Empty(t, find(first+":"+second))
}

func TestTheFinderLooksAnewWhereThePathDependsOnTheFolder(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, dir := range []string{one, two} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "train"), []byte("#!/bin/sh\n"), 0o700))
	}
	var f finder
	for _, dir := range []string{one, two, one} {
		file, err := f.find("train", dir, []string{"PATH=."})
		require.NoError(t, err)
		require.Equal(t, dir+"/train", file)
	}
}
