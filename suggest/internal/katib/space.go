package katib

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// specs describes the parameters of a space. Conditions and constraints have no place in the protocol.
func specs(parameters []hone.Parameter) []*pb.ParameterSpec {
	out := make([]*pb.ParameterSpec, len(parameters))
	for i, p := range parameters {
		f := &pb.FeasibleSpace{Distribution: pb.Distribution_UNIFORM}
		spec := &pb.ParameterSpec{Name: p.Name, FeasibleSpace: f}
		switch p.Type {
		case hone.DoubleType, hone.IntType:
			spec.ParameterType = pb.ParameterType_DOUBLE
			if p.Type == hone.IntType {
				spec.ParameterType = pb.ParameterType_INT
			}
			f.Min, f.Max = hone.Number(p.Min).String(), hone.Number(p.Max).String()
			if p.Step != 0 {
				f.Step = hone.Number(p.Step).String()
			}
			if p.Scale == hone.LogScale {
				f.Distribution = pb.Distribution_LOG_UNIFORM
			}
		case hone.DiscreteType, hone.CategoricalType:
			spec.ParameterType = pb.ParameterType_DISCRETE
			if p.Type == hone.CategoricalType {
				spec.ParameterType = pb.ParameterType_CATEGORICAL
			}
			f.List = spellings(p)
		}
		out[i] = spec
	}
	return out
}

// spaceOf reads the parameters of a request. The names that Hone gives them are their own where it allows them,
// and p1, p2 … where not; places says where the own ones stand.
func spaceOf(experiment *pb.ExperimentSpec) (space hone.SearchSpace, places map[string]int, err error) {
	places = map[string]int{}
	list := experiment.GetParameterSpecs().GetParameters()
	switch {
	case experiment.GetNasConfig() != nil:
		return space, nil, hone.Errorf(hone.InvalidArgument, "the experiment has a nas_config: neural architecture search is not served here")
	case len(list) == 0:
		return space, nil, hone.Errorf(hone.InvalidArgument, "the experiment has no parameters")
	case len(list) > hone.MaxParameters:
		return space, nil, hone.Errorf(hone.InvalidArgument, "the experiment has %d parameters; at most %d are allowed", len(list), hone.MaxParameters)
	}
	for i, spec := range list {
		if _, twice := places[spec.GetName()]; twice || spec.GetName() == "" {
			return space, nil, hone.Errorf(hone.InvalidArgument, "parameter %d is called %q: each needs a name of its own", i+1, spec.GetName())
		}
		p, err := parameterOf(spec)
		if err != nil {
			return space, nil, hone.Errorf(hone.InvalidArgument, "parameter %q: %w", spec.GetName(), err)
		}
		places[spec.GetName()] = i
		space.Parameters = append(space.Parameters, p)
	}
	rename(space.Parameters)
	return space, places, nil
}

// rename gives every parameter a plain name when any of them has one that Hone does not allow.
func rename(parameters []hone.Parameter) {
	if _, err := (hone.SearchSpace{Parameters: parameters}).Compile(nil); err == nil {
		return
	}
	plain := slices.Clone(parameters)
	for i := range plain {
		plain[i].Name = fmt.Sprintf("p%d", i+1)
	}
	if _, err := (hone.SearchSpace{Parameters: plain}).Compile(nil); err == nil {
		copy(parameters, plain)
	}
}

func parameterOf(spec *pb.ParameterSpec) (hone.Parameter, error) {
	f := spec.GetFeasibleSpace()
	p := hone.Parameter{Name: spec.GetName()}
	switch spec.GetParameterType() {
	case pb.ParameterType_DOUBLE, pb.ParameterType_INT:
		p.Type = hone.DoubleType
		if spec.GetParameterType() == pb.ParameterType_INT {
			p.Type = hone.IntType
		}
		return ranged(p, f)
	case pb.ParameterType_DISCRETE:
		p.Type = hone.DiscreteType
		return discrete(p, f)
	case pb.ParameterType_CATEGORICAL:
		p.Type = hone.CategoricalType
		for _, text := range f.GetList() {
			p.Values = append(p.Values, hone.String(text))
		}
		return p, nil
	}
	return p, hone.Errorf(hone.InvalidArgument, "its type is %s: it must be DOUBLE, INT, DISCRETE or CATEGORICAL", spec.GetParameterType())
}

// ranged reads a range. Of a normal distribution the range and the scale are kept.
func ranged(p hone.Parameter, f *pb.FeasibleSpace) (hone.Parameter, error) {
	var err error
	if p.Min, err = number("min", f.GetMin()); err != nil {
		return p, err
	}
	if p.Max, err = number("max", f.GetMax()); err != nil {
		return p, err
	}
	if f.GetStep() != "" {
		if p.Step, err = number("step", f.GetStep()); err != nil {
			return p, err
		}
	}
	switch f.GetDistribution() {
	case pb.Distribution_LOG_UNIFORM, pb.Distribution_LOG_NORMAL:
		p.Scale = hone.LogScale
	default:
		p.Scale = hone.LinearScale
	}
	return p, nil
}

// discrete reads a list of numbers, in whatever order.
func discrete(p hone.Parameter, f *pb.FeasibleSpace) (hone.Parameter, error) {
	numbers := make([]float64, len(f.GetList()))
	for i, text := range f.GetList() {
		var err error
		if numbers[i], err = number(fmt.Sprintf("list[%d]", i), text); err != nil {
			return p, err
		}
	}
	slices.Sort(numbers)
	for _, x := range slices.Compact(numbers) {
		p.Values = append(p.Values, hone.Number(x))
	}
	return p, nil
}

func number(field, text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, hone.Errorf(hone.InvalidArgument, "%s is %q, which is no finite number", field, text)
	}
	return x, nil
}
