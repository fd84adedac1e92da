// Package spec reads and writes experiment files. New makes the Decoder: strict YAML or JSON in, every
// mistake at once with its path, line and a suggestion, constraints compiled from CEL. Schema is the JSON
// schema for editors, Example the file that a new user starts from, Encode writes a file back.
//
// A file goes through here in steps: parse.go and json.go make one tree of either format (tree.go),
// override.go puts flags over it, check.go and scalar.go hold it against the table of all fields (fields.go, which
// schema.go also reads), decode.go fills the root's types and has them validated, warn.go adds what is worth saying.
// constraint.go compiles constraints from CEL, condition.go conditions on objects of a cluster.
//
// It imports the root package, internal/template, yaml and cel-go.
package spec
