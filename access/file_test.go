package access_test

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
)

func TestATokenFileIsMadeOnceAndReadFromThenOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "token")
	secret, made, err := access.LoadTokenFile(path, rand.Reader)
	require.NoError(t, err)
	require.True(t, made)
	require.Regexp(t, `^hone_[0-9a-f]{64}$`, secret)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, secret+"\n", string(text))
	again, made, err := access.LoadTokenFile(path, rand.Reader)
	require.NoError(t, err)
	require.False(t, made)
	require.Equal(t, secret, again)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left")
}

func TestATokenFileOfOnesOwn(t *testing.T) {
	word := strings.Repeat("0123456789abcdef", 4)
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
		want string
		kind hone.Kind
		says string
	}{
		"with a line break":      {word + "\n", 0o600, word, "", ""},
		"without one":            {word, 0o400, word, "", ""},
		"of another system":      {word + "\r\n", 0o600, word, "", ""},
		"others may read":        {word, 0o604, "", hone.PermissionDenied, "chmod 600"},
		"the group may write":    {word, 0o620, "", hone.PermissionDenied, "mode 0620"},
		"everybody may":          {word, 0o666, "", hone.PermissionDenied, "put a new token into it"},
		"empty":                  {"", 0o600, "", hone.InvalidArgument, "is empty"},
		"a blank line":           {"\n", 0o600, "", hone.InvalidArgument, "is empty"},
		"short":                  {"hunter2\n", 0o600, "", hone.InvalidArgument, "has 7 characters"},
		"two lines":              {word + "\n" + word + "\n", 0o600, "", hone.InvalidArgument, "more than one word"},
		"a blank within":         {word + " " + word, 0o600, "", hone.InvalidArgument, "more than one word"},
		"what no header carries": {word + "é", 0o600, "", hone.InvalidArgument, "plain characters"},
		"a book":                 {strings.Repeat(word, 1000), 0o600, "", hone.InvalidArgument, "more than 4096"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "token")
			require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			secret, made, err := access.LoadTokenFile(path, rand.Reader)
			require.False(t, made)
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, c.want, secret)
				return
			}
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), word, "the secret is not shown")
		})
	}
}

func TestATokenFileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	_, _, err := access.LoadTokenFile(dir, rand.Reader)
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "no regular file")
	_, _, err = access.LoadTokenFile(filepath.Join(dir, "missing", "token"), rand.Reader)
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "cannot be made")
	_, _, err = access.LoadTokenFile(filepath.Join(dir, "token"), io.LimitReader(rand.Reader, 31))
	require.ErrorIs(t, err, hone.Internal)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}
