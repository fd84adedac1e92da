package bolt_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/hone-tuner/hone/storage/storagetest"
)

func TestStore(t *testing.T) {
	paths := map[hone.Store]string{}
	storagetest.Run(t, storagetest.Subject{
		Open: func(t *testing.T) hone.Store {
			path := filepath.Join(t.TempDir(), "hone.db")
			s := open(t, path)
			paths[s] = path
			return s
		},
		Reopen: func(t *testing.T, s hone.Store) hone.Store {
			require.NoError(t, s.Close())
			again := open(t, paths[s])
			paths[again] = paths[s]
			return again
		},
	})
	goleak.VerifyNone(t)
}

func open(t testing.TB, path string) *bolt.Store {
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
