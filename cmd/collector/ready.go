package main

import (
	"errors"
	"os"
)

// ready tells whether follow is at work.
func ready(s settings) error {
	if _, err := os.Stat(s.ready()); err != nil {
		return errors.New("the sidecar has not begun to follow yet")
	}
	return nil
}
