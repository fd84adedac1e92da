package hone

// Document is an experiment file that was read and checked.
type Document struct {
	Experiment Experiment
	// Warnings are things worth saying that are no mistakes.
	Warnings []string
}

// Decoder reads experiment files. The one for YAML and JSON is in spec.
type Decoder interface {
	// Decode reads a file, puts the overrides over it and validates the whole. The error is FieldErrors
	// with lines: every mistake of the file at once. The experiment has no UID, no directory and no
	// status, and its defaults are filled in (WithDefaults).
	Decode(data []byte, o Overrides) (Document, error)
	ConstraintCompiler
}
