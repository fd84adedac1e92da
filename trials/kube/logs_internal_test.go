package kube

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheEndOfALongLogIsKept(t *testing.T) {
	const most = 1 << 20
	for _, lines := range []int{0, 10, 20_000, 200_000} {
		var all bytes.Buffer
		for i := range lines {
			fmt.Fprintf(&all, "step=%d accuracy=0.5\n", i)
		}
		text := all.String()
		path := filepath.Join(t.TempDir(), "log")
		f, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, copyEnd(f, &all, most))
		require.NoError(t, f.Close())
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.LessOrEqual(t, len(got), most)
		require.True(t, strings.HasSuffix(text, string(got)), "it is the end")
		if len(text) < most {
			require.Len(t, got, len(text), "a short one is whole")
			continue
		}
		require.GreaterOrEqual(t, len(got), most/3)
		require.True(t, strings.HasPrefix(string(got), "step="), "it begins with a line")
	}
}
