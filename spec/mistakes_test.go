package spec_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryMistakeOfAFileAtOnce holds what is said about a file full of mistakes against a copy.
func TestEveryMistakeOfAFileAtOnce(t *testing.T) {
	document, err := os.ReadFile("testdata/mistakes.yaml")
	require.NoError(t, err)
	got := strings.Join(complaints(t, string(document)), "\n") + "\n"
	const golden = "testdata/mistakes.txt"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "run the test with UPDATE_GOLDEN=1 when the change is meant")
}
