package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// parseValue reads a parameter's value as it is typed or stands in a cell: of a categorical parameter the
// value that is written so, else a number.
func parseValue(p hone.Parameter, s string) (hone.Value, error) {
	if p.Type == hone.CategoricalType {
		for _, v := range p.Values {
			if v.String() == s {
				return v, nil
			}
		}
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return hone.Value{}, fmt.Errorf("%q is not a value of %q: it takes %s", s, p.Name, p.Domain())
	}
	v, err := p.Nearest(hone.Number(x))
	if err != nil {
		return hone.Value{}, err
	}
	return v, nil
}

// parseFloat reads a metric's value, which need not be finite.
func parseFloat(s string) (hone.Float, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return hone.Float(x), nil
}
