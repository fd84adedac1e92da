package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

// textValue is any text.
type textValue string

func (v *textValue) String() string { return string(*v) }
func (v *textValue) Type() string   { return "string" }
func (v *textValue) Set(s string) error {
	*v = textValue(s)
	return nil
}

// listValue is a list with commas.
type listValue struct {
	items *[]string
	given bool
}

func (v *listValue) String() string { return strings.Join(*v.items, ",") }
func (v *listValue) Type() string   { return "list" }

// Set replaces the list the first time, and adds to it from then on. Empty items are left out.
func (v *listValue) Set(s string) error {
	if !v.given {
		*v.items, v.given = nil, true
	}
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			*v.items = append(*v.items, item)
		}
	}
	return nil
}

// countValue is a whole number, 0 or more.
type countValue int

func (v *countValue) String() string { return strconv.Itoa(int(*v)) }
func (v *countValue) Type() string   { return "int" }
func (v *countValue) Set(s string) error {
	n, err := strconv.ParseInt(s, 10, 32)
	if err == nil && n < 0 {
		err = errors.New("it must be a whole number, 0 or more")
	}
	*v = countValue(n)
	return err
}

// switchValue is true or false.
type switchValue bool

func (v *switchValue) String() string { return strconv.FormatBool(bool(*v)) }
func (v *switchValue) Type() string   { return "bool" }
func (v *switchValue) Set(s string) error {
	on, err := strconv.ParseBool(s)
	if err != nil {
		return errors.New("it must be true or false")
	}
	*v = switchValue(on)
	return nil
}

// timeValue is a duration, 0 or more.
type timeValue time.Duration

func (v *timeValue) String() string { return hone.Duration(*v).String() }
func (v *timeValue) Type() string   { return "duration" }
func (v *timeValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = errors.New("it must not be negative")
	}
	*v = timeValue(d)
	return err
}
