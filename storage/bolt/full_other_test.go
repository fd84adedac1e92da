//go:build !linux

package bolt_test

// systemTasks adds what only this system can do: nothing.
func systemTasks(map[string]func(string) error) {}
