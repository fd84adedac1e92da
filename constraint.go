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

// ObjectCondition is one compiled expression over an object of a cluster. It is safe for concurrent use.
type ObjectCondition interface {
	// Holds reports whether the expression is true of the object, a parsed JSON document. What is missing in the
	// object is not there yet: the expression does not hold then.
	Holds(object map[string]any) bool
}

// ObjectConditionCompiler compiles the expressions by which an object tells that its trial succeeded or failed.
type ObjectConditionCompiler interface {
	// CompileObjectCondition compiles an expression in which `object` is the object. The error is of kind InvalidArgument
	// and says what is wrong with it, without the expression.
	CompileObjectCondition(expression string) (ObjectCondition, error)
}

// ConstraintCompiler compiles constraints. The one for CEL is in spec.
type ConstraintCompiler interface {
	// CompileConstraint compiles one expression over the parameters. The error is of kind InvalidArgument
	// and says what is wrong with it, without the expression.
	CompileConstraint(expression string, parameters []Parameter) (Constraint, error)
}
