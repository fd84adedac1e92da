package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func newScreen(width, height int) (*screen, *vt) {
	v := &vt{width: width}
	return &screen{out: v, size: func() (int, int) { return v.width, height }}, v
}

func TestTheRegionIsDrawnInPlace(t *testing.T) {
	s, v := newScreen(20, 10)
	s.print("hello")
	s.Draw([]string{"one", "two", "three"})
	require.Equal(t, "hello\none\ntwo\nthree", v.String())
	s.Draw([]string{"1", "2"})
	require.Equal(t, "hello\n1\n2", v.String(), "what was longer is gone")
	s.print("a message")
	require.Equal(t, "hello\na message\n1\n2", v.String())
	s.Clear()
	require.Equal(t, "hello\na message", v.String())
	s.print("after")
	require.Equal(t, "hello\na message\nafter", v.String())
}

func TestARegionHigherThanTheTerminalIsCut(t *testing.T) {
	s, v := newScreen(20, 3)
	s.Draw([]string{"1", "2", "3", "4"})
	require.Equal(t, "1\n2", v.String())
}

func TestARegionOnATerminalThatBecameNarrower(t *testing.T) {
	s, v := newScreen(20, 10)
	s.print("above")
	s.Draw([]string{strings.Repeat("x", 15)})
	// The terminal breaks the line into two rows of up to 8, as most do.
	v.width = 8
	v.rows, v.row, v.col = []string{"above", "xxxxxxxx", "xxxxxxx", ""}, 3, 0
	s.Draw([]string{"short"})
	require.Equal(t, "above\nshort", v.String())
}

func TestWhatIsWrittenAndDrawnNeverMixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, v := newScreen(30, 8)
		var messages, region []string
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				messages = append(messages, fmt.Sprintf("message %d", i))
				s.print("message %d", i)
			case 1:
				region = rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,29}`), 1, 6).Draw(t, "region")
				s.Draw(region)
			case 2:
				region = nil
				s.Clear()
			}
			require.Equal(t, strings.Join(append(append([]string{}, messages...), region...), "\n"), v.String())
		}
	})
}
