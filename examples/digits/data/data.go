// Package data holds the images of handwritten digits that the examples learn from.
package data

import _ "embed"

// CSV is a gzip file of 1,797 lines of 64 pixels and the digit; README.md says where they come from.
//
//go:embed digits.csv.gz
var CSV []byte
