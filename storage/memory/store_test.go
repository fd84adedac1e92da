package memory_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/memory"
	"github.com/hone-tuner/hone/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, storagetest.Subject{Open: func(t *testing.T) hone.Store {
		s := memory.New()
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}})
}
