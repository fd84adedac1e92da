package main

import (
	"errors"
	"os"

	"github.com/hone-tuner/hone/cmd/hone/tui"
)

// openStage takes the terminal over that stdout is. Its keys come from stdin, or from the terminal itself where stdin is
// something else.
func (a *app) openStage() (stage, error) {
	out, ok := a.stdout.(*os.File)
	if !ok {
		return nil, errors.New("stdout is no terminal")
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !isTerminal(in) {
		var err error
		if in, err = os.Open("/dev/tty"); err != nil {
			return nil, err
		}
	}
	t, err := tui.Open(in, out)
	if err != nil {
		return nil, err // not a nil *tui.Terminal in an interface
	}
	return t, nil
}
