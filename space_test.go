package hone_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
)

// compiler understands one kind of constraint, "name<number", which is all that these tests need.
type compiler struct{}

type lessThan struct {
	name  string
	bound float64
}

func (compiler) CompileConstraint(expression string, parameters []hone.Parameter) (hone.Constraint, error) {
	name, bound, ok := strings.Cut(expression, "<")
	x, err := strconv.ParseFloat(bound, 64)
	if !ok || err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "is not name<number")
	}
	for _, p := range parameters {
		if p.Name == name {
			return lessThan{name, x}, nil
		}
	}
	return nil, hone.Errorf(hone.InvalidArgument, "there is no parameter %q", name)
}

func (c lessThan) String() string       { return c.name + "<" + strconv.FormatFloat(c.bound, 'g', -1, 64) }
func (c lessThan) Parameters() []string { return []string{c.name} }
func (c lessThan) Holds(a hone.Assignments) bool {
	v, _ := a.Get(c.name)
	return v.Float() < c.bound
}

func compile(t require.TestingT, s hone.SearchSpace) *hone.Space {
	space, err := s.Compile(compiler{})
	require.NoError(t, err)
	return space
}

// drawParameter draws a parameter of any type.
func drawParameter(t *rapid.T, name string, finite bool) hone.Parameter {
	low := 0
	if finite {
		low = 2
	}
	switch rapid.IntRange(low, 7).Draw(t, "type") {
	case 0:
		lo := rapid.Float64Range(-1e6, 1e6).Draw(t, "min")
		return hone.Double(name, lo, lo+rapid.Float64Range(0, 1e6).Draw(t, "width"))
	case 1:
		lo := rapid.Float64Range(1e-12, 1e3).Draw(t, "min")
		return hone.Double(name, lo, lo*rapid.Float64Range(1, 1e9).Draw(t, "factor")).Log()
	case 2:
		step := rapid.SampledFrom([]float64{0.05, 0.1, 0.3, 1e-3, 2.5, 7}).Draw(t, "step")
		lo := rapid.SampledFrom([]float64{0, 0.1, -0.35, 3}).Draw(t, "min")
		return hone.Double(name, lo, lo+step*rapid.Float64Range(1, 20).Draw(t, "steps")).By(step)
	case 3:
		lo := rapid.IntRange(-50, 50).Draw(t, "min")
		return hone.Int(name, lo, lo+rapid.IntRange(0, 20).Draw(t, "width"))
	case 4:
		lo := rapid.IntRange(1, 50).Draw(t, "min")
		return hone.Int(name, lo, lo+rapid.IntRange(0, 300).Draw(t, "width")).Log()
	case 5:
		return hone.Double(name, 0.1, 0.1+0.1*float64(rapid.IntRange(1, 30).Draw(t, "steps"))).By(0.1).Log()
	case 6:
		return hone.Discrete(name, []float64{-3, 0.5, 1, 2.25, 100}[:rapid.IntRange(1, 5).Draw(t, "values")]...)
	}
	return hone.Categorical(name, []any{"sgd", "", true, 3, "true", 0.5, false}[:rapid.IntRange(1, 7).Draw(t, "values")]...)
}

// drawSpace draws a space in which some parameters hang on others.
func drawSpace(t *rapid.T, finite bool) hone.SearchSpace {
	var s hone.SearchSpace
	for i := range rapid.IntRange(1, 5).Draw(t, "parameters") {
		p := drawParameter(t, "p"+strconv.Itoa(i), finite)
		for _, parent := range s.Parameters {
			if n := min(parent.Cardinality(), 3); n > 0 && rapid.IntRange(0, 3).Draw(t, "conditional") == 0 {
				var values []any
				for k := range rapid.IntRange(1, n).Draw(t, "of") {
					values = append(values, parent.At(k))
				}
				p = p.When(parent.Name, values...)
			}
		}
		s.Parameters = append(s.Parameters, p)
	}
	return s
}

func drawUnit(t *rapid.T, n int) []float64 {
	return rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, 0.5, math.Nextafter(1, 0)})), n, n).Draw(t, "u")
}

func TestTheUnitCubeAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawSpace(t, false))
		a := s.FromUnit(drawUnit(t, s.Len()))
		require.NoError(t, s.Check(a), "every point of the cube means a point of the space")
		u := s.ToUnit(a)
		require.Len(t, u, s.Len())
		back := s.FromUnit(u)
		for i, p := range s.Parameters() {
			v, active := a.Get(p.Name)
			require.Equal(t, !active, math.IsNaN(u[i]), "NaN stands for what is not active")
			if !active {
				continue
			}
			require.GreaterOrEqual(t, u[i], 0.0)
			require.LessOrEqual(t, u[i], 1.0)
			w, _ := back.Get(p.Name)
			if p.Continuous() {
				require.InEpsilon(t, 1+math.Abs(v.Float()), 1+math.Abs(w.Float()), 1e-9)
			} else {
				require.Equal(t, v, w)
			}
		}
	})
}

func TestEveryValueHasItsBin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, hone.NewSpace(drawParameter(t, "x", true)))
		p := s.Parameters()[0]
		end := 0.0
		for k := range p.Cardinality() {
			lo, hi := s.Bin(0, k)
			require.Equal(t, end, lo, "the bins lie side by side")
			require.Greater(t, hi, lo)
			end = hi
			require.Equal(t, p.At(k), s.ValueAt(0, (lo+hi)/2))
			require.Equal(t, p.At(k), s.ValueAt(0, lo), "a bin begins with its own value")
			require.Equal(t, k, p.Index(p.At(k)))
			require.InDelta(t, (lo+hi)/2, s.Coordinate(0, p.At(k)), 1e-12)
		}
		require.Equal(t, 1.0, end)
		require.Equal(t, p.At(p.Cardinality()-1), s.ValueAt(0, 1), "the end of the interval belongs to the last bin")
	})
}

func TestLogBinsAreWideWhereValuesAreFarApartInTheLogarithm(t *testing.T) {
	s := compile(t, hone.NewSpace(hone.Int("x", 1, 100).Log()))
	first, last := 0.0, 0.0
	for k := range 100 {
		lo, hi := s.Bin(0, k)
		if k == 0 {
			first = hi - lo
		}
		last = hi - lo
	}
	require.Greater(t, first, 30*last)
	lo, _ := s.Bin(0, 9)
	require.InDelta(t, 0.5, lo, 0.06, "10 lies in the middle between 1 and 100")
}

func TestStepsAreTheNumbersThatPeopleWrite(t *testing.T) {
	for _, c := range []struct {
		p    hone.Parameter
		want string
	}{
		{hone.Double("x", 0, 0.5).By(0.05), "0 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5"},
		{hone.Double("x", 0.1, 0.8).By(0.1), "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8"},
		{hone.Double("x", -0.3, 0.35).By(0.3), "-0.3 0 0.3"},
		{hone.Double("x", 1e-7, 5e-7).By(1e-7), "1e-7 2e-7 3e-7 4e-7 5e-7"},
		{hone.Double("x", 0, 1).By(1.0 / 3), "0 0.3333333333333333 0.6666666666666666 1"},
		{hone.Int("x", 1, 10).By(4), "1 5 9"},
		{hone.Int("x", -2, 2), "-2 -1 0 1 2"},
		{hone.Double("x", 3, 3), "3"},
	} {
		var texts []string
		for k := range c.p.Cardinality() {
			texts = append(texts, c.p.At(k).String())
		}
		require.Equal(t, c.want, strings.Join(texts, " "))
	}
}

func TestAStepIsFoundAgainWithinABillionth(t *testing.T) {
	p := hone.Double("x", 0, 0.5).By(0.05)
	v, err := p.Nearest(hone.Number(0.15000000000000002))
	require.NoError(t, err)
	require.Equal(t, hone.Number(0.15), v)
	v, err = p.Nearest(hone.Number(1e-17))
	require.NoError(t, err)
	require.Equal(t, hone.Number(0), v)
	require.Equal(t, 2, hone.Double("x", 0.3, 0.4).By(0.1).Cardinality())
	compile(t, hone.NewSpace(hone.Double("x", -0.35, -0.3).By(0.05)))
	for _, wrong := range []hone.Value{hone.Number(0.151), hone.Number(0.55), hone.Number(-0.05), hone.String("0.15"), hone.Number(math.NaN()), hone.Number(math.Inf(1))} {
		_, err := p.Nearest(wrong)
		require.ErrorIs(t, err, hone.InvalidArgument, "%v", wrong)
	}
	_, err = hone.Categorical("x", "a", 3).Nearest(hone.String("3"))
	require.EqualError(t, err, `"3" is not a value of "x": it takes one of "a", 3`)
}

func TestSizeCountsThePoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawSpace(t, true))
		size := s.Size()
		if size > 20_000 {
			t.Skip("too many to walk through")
		}
		seen := map[string]bool{}
		for a := range s.Points() {
			require.NoError(t, s.Check(a))
			require.False(t, seen[a.Key()], "twice: %s", a)
			seen[a.Key()] = true
		}
		require.Equal(t, size, float64(len(seen)))
		require.Equal(t, size, float64(countDraws(s, seen)), "what is drawn is among the points")
	})
}

// countDraws counts the points that are among seen after many draws that all must be.
func countDraws(s *hone.Space, seen map[string]bool) int {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		if !seen[s.Draw(rng).Key()] {
			return -1
		}
	}
	return len(seen)
}

func TestSizeOfSpaces(t *testing.T) {
	require.True(t, math.IsInf(compile(t, hone.NewSpace(hone.Double("x", 0, 1))).Size(), 1))
	require.True(t, math.IsInf(compile(t, hone.NewSpace(hone.Categorical("a", 1, 2), hone.Double("x", 0, 1).When("a", 1))).Size(), 1))
	require.Equal(t, 1.0, compile(t, hone.NewSpace(hone.Double("x", 1, 1))).Size(), "a range of one value is no range")
	require.Equal(t, 3.0, compile(t, hone.NewSpace(hone.Categorical("a", 1, 2), hone.Int("x", 1, 2).When("a", 1))).Size())
	for range compile(t, hone.NewSpace(hone.Double("x", 0, 1))).Points() {
		t.Fatal("a continuous space has no points to walk through")
	}
}

// TestAHostileSpaceIsCountedInBoundedTime: each of 60 parameters decides about one more, which makes 2^60
// ways through the conditions.
func TestAHostileSpaceIsCountedInBoundedTime(t *testing.T) {
	var parents []hone.Parameter
	last := hone.Int("last", 1, 2)
	for i := range 60 {
		p := hone.Categorical("p"+strconv.Itoa(i), 0, 1)
		parents = append(parents, p)
		last = last.When(p.Name, 1)
	}
	s := compile(t, hone.NewSpace(append(parents, last)...).Where("p0<0"))
	require.Greater(t, s.Size(), 1e6)
	require.ErrorContains(t, s.Feasible(), "none of 100000 points drawn at random satisfies p0<0")
	wide := compile(t, hone.NewSpace(hone.Int("a", 0, 1<<50), hone.Int("b", 0, 1<<50).When("a", 1), hone.Int("c", 0, 1).When("b", 1)))
	require.Greater(t, wide.Size(), 1e6)
}

func TestConditionsMakeParametersActive(t *testing.T) {
	s := compile(t, hone.NewSpace(
		hone.Categorical("optimizer", "sgd", "adam"),
		hone.Categorical("nesterov", true, false).When("optimizer", "sgd"),
		hone.Double("momentum", 0, 1).When("optimizer", "sgd").When("nesterov", true),
	))
	require.True(t, s.Conditional())
	require.Equal(t, "optimizer=adam", s.FromUnit([]float64{0.9, 0.1, 0.5}).String(), "and so is not what hangs on an inactive one")
	require.Equal(t, "optimizer=sgd, nesterov=true, momentum=0.5", s.FromUnit([]float64{0, 0, 0.5}).String())
	require.Equal(t, "optimizer=sgd, nesterov=false", s.FromUnit([]float64{0, 1, 0.5}).String())

	point := func(pairs ...any) (a hone.Assignments) {
		for i := 0; i < len(pairs); i += 2 {
			v, err := hone.ValueOf(pairs[i+1])
			require.NoError(t, err)
			a = append(a, hone.Assignment{Parameter: pairs[i].(string), Value: v})
		}
		return a
	}
	require.NoError(t, s.Check(point("optimizer", "adam")))
	require.EqualError(t, s.Check(point("optimizer", "adam", "nesterov", true)), `parameter "nesterov" is unknown or not active here`)
	require.EqualError(t, s.Check(point("optimizer", "sgd", "nesterov", true)), `parameter "momentum" has no value`)
	require.ErrorContains(t, s.Check(point("optimizer", "rmsprop")), `"rmsprop" is not a value of "optimizer"`)
}

func TestCompleteFillsInWhatIsLeftOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawSpace(t, false))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		whole := s.Draw(rng)
		given := map[string]hone.Value{}
		for _, x := range whole {
			if rapid.Bool().Draw(t, "given") {
				given[x.Parameter] = x.Value
			}
		}
		got, err := s.Complete(given, rng)
		require.NoError(t, err, "parents that were left out get values that make what was given active")
		require.NoError(t, s.Check(got))
		for name, v := range given {
			w, ok := got.Get(name)
			require.True(t, ok)
			require.Equal(t, v, w)
		}
	})
}

func TestWhatCannotBeCompleted(t *testing.T) {
	s := compile(t, hone.NewSpace(hone.Int("layers", 1, 4), hone.Categorical("optimizer", "sgd", "adam"),
		hone.Double("momentum", 0, 1).When("optimizer", "sgd")).Where("layers<3"))
	rng := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		given map[string]hone.Value
		want  string
	}{
		"an unknown parameter":       {map[string]hone.Value{"layer": hone.Number(1)}, `there is no parameter "layer"; did you mean "layers"?`},
		"a value that is not one":    {map[string]hone.Value{"layers": hone.Number(1.5)}, `1.5 is not a value of "layers": it takes a whole number from 1 to 4`},
		"an inactive parameter":      {map[string]hone.Value{"optimizer": hone.String("adam"), "momentum": hone.Number(0.5)}, `"momentum" is active only when optimizer is sgd; here optimizer is adam`},
		"a broken constraint":        {map[string]hone.Value{"layers": hone.Number(4)}, "layers=4 breaks the constraint layers<3"},
		"a whole point that is none": {map[string]hone.Value{"layers": hone.Number(3), "optimizer": hone.String("adam")}, "layers=3 breaks the constraint layers<3"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Complete(c.given, rng)
			require.ErrorContains(t, err, c.want)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
	a, err := s.Complete(map[string]hone.Value{"momentum": hone.Number(0.5)}, rng)
	require.NoError(t, err)
	require.Contains(t, a.String(), "optimizer=sgd", "the parent is drawn so that what was given is active")
	a, err = s.Complete(nil, rng)
	require.NoError(t, err)
	require.NoError(t, s.Check(a))
}

func TestAnExactPointNamesItsMistakesByTheirPaths(t *testing.T) {
	s := compile(t, hone.NewSpace(hone.Int("layers", 1, 4), hone.Categorical("optimizer", "sgd", "adam"), hone.Double("momentum", 0, 1).When("optimizer", "sgd")))
	for want, given := range map[string]map[string]hone.Value{
		"parameters.layer: there is no parameter \"layer\"; did you mean \"layers\"?\nparameters.optimizer: \"rmsprop\" is not a value of \"optimizer\": it takes one of \"sgd\", \"adam\"": {"layer": hone.Number(1), "optimizer": hone.String("rmsprop")},
		"parameters.momentum: is missing: a whole point has a value for each active parameter":                                                                                              {"layers": hone.Number(1), "optimizer": hone.String("sgd")},
		"parameters.optimizer: is missing: a whole point has a value for each active parameter":                                                                                             {"layers": hone.Number(1), "momentum": hone.Number(0.5)},
	} {
		_, err := s.Exact(given)
		require.EqualError(t, err, want)
		require.ErrorIs(t, err, hone.InvalidArgument)
	}
	a, err := s.Exact(map[string]hone.Value{"layers": hone.Number(1), "optimizer": hone.String("adam")})
	require.NoError(t, err)
	require.Equal(t, "layers=1, optimizer=adam", a.String())
}

func TestParentsThatMakeNoPointAreNamed(t *testing.T) {
	s := compile(t, hone.NewSpace(hone.Categorical("optimizer", "sgd", "adam", "rmsprop"), hone.Categorical("nesterov", true, false).When("optimizer", "sgd"),
		hone.Double("momentum", 0, 1).When("nesterov", true), hone.Double("beta", 0, 1).When("optimizer", "adam", "rmsprop"), hone.Int("rare", 0, 1<<40)).Where("rare<3"))
	rng := rand.New(rand.NewPCG(1, 1))
	half := hone.Number(0.5)
	for name, c := range map[string]struct {
		given map[string]hone.Value
		want  string
	}{
		"through a parent that was left out": {map[string]hone.Value{"optimizer": hone.String("rmsprop"), "momentum": half}, `"momentum" needs "nesterov", which is active only when optimizer is sgd; here optimizer is rmsprop`},
		"a boolean parent":                   {map[string]hone.Value{"nesterov": hone.Bool(false), "momentum": half}, `"momentum" is active only when nesterov is true; here nesterov is false`},
		"several values":                     {map[string]hone.Value{"optimizer": hone.String("sgd"), "beta": half}, `"beta" is active only when optimizer is adam or rmsprop; here optimizer is sgd`},
		"two that exclude each other":        {map[string]hone.Value{"momentum": half, "beta": half}, `"momentum" needs "nesterov", which is active only when optimizer is sgd, and "beta" is active only when optimizer is adam or rmsprop: no point has both`},
		"a constraint that is hard to meet":  {map[string]hone.Value{"momentum": half}, `nothing that satisfies the constraint rare<3 together with momentum=0.5 was found in 100000 draws`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Complete(c.given, rng)
			require.EqualError(t, err, c.want)
			if len(c.given) == 2 {
				_, err = s.Exact(c.given)
				require.EqualError(t, err, c.want)
			}
		})
	}
	a, err := s.Complete(map[string]hone.Value{"momentum": half, "rare": hone.Number(1)}, rng)
	require.NoError(t, err)
	require.Equal(t, "optimizer=sgd, nesterov=true, momentum=0.5, rare=1", a.String())
}

func TestAConstraintOnAnInactiveParameterIsNotApplied(t *testing.T) {
	s := compile(t, hone.NewSpace(hone.Categorical("optimizer", "sgd", "adam"), hone.Double("momentum", 0.5, 1).When("optimizer", "sgd")).Where("momentum<0"))
	require.NoError(t, s.Feasible())
	require.NoError(t, s.Check(hone.Assignments{{Parameter: "optimizer", Value: hone.String("adam")}}))
	require.ErrorContains(t, s.Check(s.FromUnit([]float64{0, 0})), "breaks the constraint momentum<0")
	n := 0
	for range compile(t, hone.NewSpace(hone.Int("x", 1, 5)).Where("x<3")).Points() {
		n++
	}
	require.Equal(t, 2, n, "points that break a constraint are not walked through")
}

func TestKeysTellPointsApart(t *testing.T) {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "1", "true", "1:1", "a", "a1:b", "0", "-0"}))
	values := rapid.OneOf(rapid.Map(texts, hone.String), rapid.Map(rapid.Bool(), hone.Bool), rapid.Map(rapid.SampledFrom([]float64{0, 1, -1, 0.1, 1e300}), hone.Number))
	points := rapid.Custom(func(t *rapid.T) hone.Assignments {
		var a hone.Assignments
		for _, name := range rapid.SliceOfNDistinct(texts, 0, 3, rapid.ID[string]).Draw(t, "names") {
			a = append(a, hone.Assignment{Parameter: name, Value: values.Draw(t, "value")})
		}
		return a
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := points.Draw(t, "a"), points.Draw(t, "b")
		require.Equal(t, a.Equal(b), a.Key() == b.Key())
	})
}

func TestPointsKeepTheirOrderAndTypesInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := compile(t, drawSpace(t, false))
		a := s.FromUnit(drawUnit(t, s.Len()))
		data, err := json.Marshal(a)
		require.NoError(t, err)
		var back hone.Assignments
		require.NoError(t, json.Unmarshal(data, &back))
		require.True(t, a.Equal(back), "%s", data)
	})
	a := hone.Assignments{{Parameter: "z", Value: hone.Number(1)}, {Parameter: "a", Value: hone.String("1")}, {Parameter: "m", Value: hone.Bool(true)}}
	data, err := json.Marshal(a)
	require.NoError(t, err)
	require.Equal(t, `{"z":1,"a":"1","m":true}`, string(data))
}

func TestSpacesSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpace(t, false)
		data, err := json.Marshal(s)
		require.NoError(t, err)
		var back hone.SearchSpace
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, s, back, "%s", data)
	})
}
