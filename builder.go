package hone

import "fmt"

// Double makes a parameter that takes any number from min to max.
func Double(name string, min, max float64) Parameter {
	return Parameter{Name: name, Type: DoubleType, Min: min, Max: max}
}

// Int makes a parameter that takes the whole numbers from min to max.
func Int(name string, min, max int) Parameter {
	return Parameter{Name: name, Type: IntType, Min: float64(min), Max: float64(max)}
}

// Discrete makes a parameter that takes one of some numbers that have an order.
func Discrete(name string, values ...float64) Parameter {
	p := Parameter{Name: name, Type: DiscreteType, Values: make([]Value, len(values))}
	for i, x := range values {
		p.Values[i] = Number(x)
	}
	return p
}

// Categorical makes a parameter that takes one of some values without an order: strings, booleans or
// numbers. A value of any other type panics, as it can only be a mistake in the program.
func Categorical(name string, values ...any) Parameter {
	return Parameter{Name: name, Type: CategoricalType, Values: mustValues(name, values)}
}

// Log searches the range on a logarithmic scale; min must be greater than 0.
func (p Parameter) Log() Parameter {
	p.Scale = LogScale
	return p
}

// By leaves only the values min, min+step, min+2·step, … up to max.
func (p Parameter) By(step float64) Parameter {
	p.Step = step
	return p
}

// When makes the parameter conditional: it is active only while an earlier parameter is active and has
// one of the values. Several calls must all hold.
func (p Parameter) When(parameter string, values ...any) Parameter {
	c := Condition{Parameter: parameter, Values: mustValues(p.Name, values)}
	p.Conditions = append(append([]Condition(nil), p.Conditions...), c)
	return p
}

// NewSpace makes a search space of parameters. A conditional parameter stands behind the ones that its
// conditions name:
//
//	hone.NewSpace(
//		hone.Double("lr", 1e-5, 1e-1).Log(),
//		hone.Categorical("optimizer", "sgd", "adam"),
//		hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
//	).Where("lr < 0.01 || optimizer == 'sgd'")
func NewSpace(parameters ...Parameter) SearchSpace { return SearchSpace{Parameters: parameters} }

// Where adds constraints: CEL expressions over the parameters that every suggestion satisfies.
func (s SearchSpace) Where(expressions ...string) SearchSpace {
	s.Constraints = append(append([]string(nil), s.Constraints...), expressions...)
	return s
}

func mustValues(name string, values []any) []Value {
	out := make([]Value, len(values))
	for i, x := range values {
		v, err := ValueOf(x)
		if err != nil {
			panic(fmt.Sprintf("hone: parameter %q: %v", name, err))
		}
		out[i] = v
	}
	return out
}
