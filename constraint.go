package hone

// Constraint is one compiled expression over the parameters. It is safe for concurrent use.
type Constraint interface {
	// String returns the expression as it was written.
	String() string
	// Parameters lists the names that the expression uses.
	Parameters() []string
	// Holds reports whether the point satisfies the expression. An expression that fails (a division by
	// zero) does not hold.
	Holds(a Assignments) bool
}

// ConstraintCompiler compiles constraints. The one for CEL is in spec.
type ConstraintCompiler interface {
	// CompileConstraint compiles one expression over the parameters. The error is of kind InvalidArgument
	// and says what is wrong with it, without the expression.
	CompileConstraint(expression string, parameters []Parameter) (Constraint, error)
}
