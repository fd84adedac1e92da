//go:build !linux

package main

import "errors"

func punch(int, int64, int64) error { return errors.ErrUnsupported }
