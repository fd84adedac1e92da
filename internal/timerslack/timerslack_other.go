//go:build !linux

package timerslack

// Restart does nothing: only Linux can.
func Restart() {}

// Loose calls start.
func Loose(start func() error) error { return start() }

// Normal does nothing.
func Normal() {}
