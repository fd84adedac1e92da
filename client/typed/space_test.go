package typed_test

import (
	"math/rand/v2"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client/typed"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type optimizer string

type regular struct {
	Decay float64 `hone:"decay,min=1e-6,max=1e-2,log"`
}

type adam struct {
	Beta1   float64 `hone:"beta1,min=0.8,max=0.99"`
	AMSGrad bool    `hone:""`
	Warm    *struct {
		Steps uint16 `hone:"steps,min=0,max=1000,step=100"`
	} `hone:"warm,when=amsgrad:true"`
}

type params struct {
	regular
	LR        float64   `hone:"lr,min=1e-5,max=1e-1,log"`
	Dropout   float64   `hone:"dropout,min=0,max=0.5,step=0.05"`
	Layers    int       `hone:"layers,min=1,max=4"`
	Batch     uint8     `hone:"batch,values=16|32|64"`
	Shift     int64     `hone:"shift,min=-9007199254740992,max=9007199254740992"`
	Width     float64   `hone:"width,values=0.5|1|2,categorical"`
	Optimizer optimizer `hone:"optimizer,values=sgd|adam"`
	Momentum  *float64  `hone:"momentum,min=0,max=0.99,when=optimizer:sgd"`
	Nesterov  *bool     `hone:"nesterov,when=optimizer:sgd,when=layers:2|3"`
	Adam      *adam     `hone:"adam,when=optimizer:adam"`
	Plain     int       `hone:"plain,min=3,max=5,when=batch:16|64"`
	Note      string    // no parameter
	Skipped   float64   `hone:"-"`
}

func TestEveryFieldBecomesItsParameter(t *testing.T) {
	s, err := typed.SpaceOf[params]()
	require.NoError(t, err)
	require.Equal(t, hone.NewSpace(
		hone.Double("decay", 1e-6, 1e-2).Log(),
		hone.Double("lr", 1e-5, 1e-1).Log(),
		hone.Double("dropout", 0, 0.5).By(0.05),
		hone.Int("layers", 1, 4),
		hone.Discrete("batch", 16, 32, 64),
		hone.Int("shift", -1<<53, 1<<53),
		hone.Categorical("width", 0.5, 1, 2),
		hone.Categorical("optimizer", "sgd", "adam"),
		hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
		hone.Categorical("nesterov", false, true).When("optimizer", "sgd").When("layers", 2, 3),
		hone.Double("adam.beta1", 0.8, 0.99).When("optimizer", "adam"),
		hone.Categorical("adam.amsgrad", false, true).When("optimizer", "adam"),
		hone.Int("adam.warm.steps", 0, 1000).By(100).When("optimizer", "adam").When("adam.amsgrad", true),
		hone.Int("plain", 3, 5).When("batch", 16, 64),
	), s.SearchSpace())
}

func TestEveryPointGoesThroughTheStructAndBack(t *testing.T) {
	s, err := typed.SpaceOf[params]()
	require.NoError(t, err)
	space, err := s.SearchSpace().Compile(nil)
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		point := space.Draw(rand.New(rand.NewPCG(seed, 0)))
		p, err := s.Params(point)
		require.NoError(t, err)
		require.Equal(t, p.Optimizer == "sgd", p.Momentum != nil)
		require.Equal(t, p.Optimizer == "adam", p.Adam != nil)
		require.Equal(t, p.Adam != nil && p.Adam.AMSGrad, p.Adam != nil && p.Adam.Warm != nil)
		back, err := s.Assignments(p)
		require.NoError(t, err)
		require.Equal(t, point, back)
		again, err := s.Params(back)
		require.NoError(t, err)
		require.Equal(t, p, again)
		values, err := s.Point(p)
		require.NoError(t, err)
		require.Len(t, values, len(point))
		for _, x := range point {
			require.Equal(t, x.Value, values[x.Parameter])
		}
	})
}

func TestWhatIsNoPointIsRefused(t *testing.T) {
	s, err := typed.SpaceOf[params]()
	require.NoError(t, err)
	_, err = s.Params(hone.Assignments{{Parameter: "lr", Value: hone.Number(0.1)}})
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, `"decay" has no value`)

	half := 0.5
	good := params{regular: regular{Decay: 1e-3}, LR: 1e-3, Layers: 1, Batch: 32, Width: 1, Optimizer: "sgd", Momentum: &half}
	_, err = s.Assignments(good)
	require.NoError(t, err)
	for says, change := range map[string]func(*params){
		`params.LR: 0.5 is not a value of "lr": it takes a double from 0.00001 to 0.1`: func(p *params) { p.LR = 0.5 },
		`params.Batch: 33 is not a value of "batch"`:                                   func(p *params) { p.Batch = 33 },
		`params.Optimizer: "rms" is not a value`:                                       func(p *params) { p.Optimizer = "rms" },
		`params.Momentum: "momentum" has no value, but is active here`:                 func(p *params) { p.Momentum = nil },
		`params.Nesterov: "nesterov" has a value, but is not active here`:              func(p *params) { p.Nesterov = new(bool) },
		`params.Plain: "plain" has a value, but is not active here`:                    func(p *params) { p.Plain = 3 },
		`params.Adam.Beta1: "adam.beta1" has a value, but is not active here`:          func(p *params) { p.Adam = &adam{Beta1: 0.9} },
		`params.Adam is not nil, but is not active here`:                               func(p *params) { p.Adam = &adam{} },
	} {
		p := good
		change(&p)
		_, err := s.Assignments(p)
		require.ErrorIs(t, err, hone.InvalidArgument, says)
		require.ErrorContains(t, err, says)
	}
}

type tree struct {
	Left *tree `hone:"left"`
}

type wrong struct {
	NoEnd    float64         `hone:"no_end,min=1"`
	NoList   string          `hone:"no_list"`
	Typo     float64         `hone:"typo,mim=0,max=1"`
	Turned   float64         `hone:"turned,min=2,max=1"`
	Text     int             `hone:"text,min=a,max=1.5"`
	Small    int8            `hone:"small,min=0,max=300"`
	Unsigned uint            `hone:"unsigned,values=-1|2"`
	Order    int             `hone:"order,values=3|2"`
	Both     int             `hone:"both,values=1|2,max=3"`
	Twice    float64         `hone:"twice,min=0,min=1,max=2"`
	Half     float64         `hone:"half,min=0.5,max=1,log=yes"`
	Flag     bool            `hone:"flag,values=yes|true"`
	Slice    []int           `hone:"slice,min=0,max=1"`
	hidden   float64         `hone:"hidden,min=0,max=1"` //nolint:unused // it is there to be refused
	Lost     *float64        `hone:"lost,min=0,max=1,when=ordr:2"`
	Other    *float64        `hone:"other,min=0,max=1,when=good:5"`
	Open     *float64        `hone:"open,min=0,max=1,when=good"`
	Follows  *float64        `hone:"follows,min=0,max=1,when=no_list:a"`
	Good     int             `hone:"good,min=0,max=1"`
	Good2    int             `hone:"good,min=0,max=1"`
	Late     *float64        `hone:"late,min=0,max=1,when=good:5|x"`
	Tree     *tree           `hone:"tree"`
	Group    struct{ A int } `hone:"group,min=0"`
	Single   float32         `hone:"single,min=0,max=1"`
	Log      float64         `hone:"log,min=0,max=1,log"`
	Strange  float64         `hone:"9lives,min=0,max=1"`
}

func TestAllMistakesOfAStructAreSaidAtOnce(t *testing.T) {
	_, err := typed.SpaceOf[wrong]()
	require.ErrorIs(t, err, hone.InvalidArgument)
	var errs hone.FieldErrors
	require.ErrorAs(t, err, &errs)
	said := map[string][]string{}
	for _, e := range errs {
		said[e.Path] = append(said[e.Path], e.Message)
	}
	require.Equal(t, map[string][]string{
		"wrong.NoEnd":     {"max is missing: a number needs min and max, or values"},
		"wrong.NoList":    {"lists no values, which a string needs; write it like values=sgd|adam"},
		"wrong.Typo":      {`there is no option "mim"; did you mean "min"?`, "min is missing: a number needs min and max, or values"},
		"wrong.Turned":    {"min: 2 is greater than max 1"},
		"wrong.Text":      {`min must be a number, not "a"`, "min is missing: a number needs min and max, or values", "max: 1.5 is not a whole number that int can hold"},
		"wrong.Small":     {"max: 300 is not a whole number that int8 can hold"},
		"wrong.Unsigned":  {"-1 is not a whole number that uint can hold"},
		"wrong.Order":     {"values[1]: 2 is less than the value before it; discrete values are listed in increasing order"},
		"wrong.Both":      {"min, max, step and log are for a range, and here is a list of values: leave out one or the other"},
		"wrong.Twice":     {"min stands there twice"},
		"wrong.Half":      {"log takes no value"},
		"wrong.Flag":      {`"yes" is neither true nor false`},
		"wrong.Slice":     {"a parameter cannot be a []int; it can be a float64, a whole number, a string or a bool"},
		"wrong.hidden":    {"is not exported, so that nobody can set it: begin its name with a capital letter"},
		"wrong.Lost":      {`when: there is no parameter "ordr" before this one; did you mean "order"?`},
		"wrong.Other":     {`when: there is no parameter "good" before this one`},
		"wrong.Open":      {"when is not complete; write it like when=optimizer:sgd|adam"},
		"wrong.Good2":     {`name: "good" is the name of an earlier parameter`},
		"wrong.Late":      {`when: "good": "x" is not a number`, `when.good[0]: 5 is not a value of "good": it takes a whole number from 0 to 1`},
		"wrong.Tree.Left": {"a typed_test.tree cannot contain itself"},
		"wrong.Group":     {"is a group of parameters: its tag takes a name and when, nothing else"},
		"wrong.Single":    {"a parameter cannot be a float32; it can be a float64, a whole number, a string or a bool"},
		"wrong.Log":       {"scale: log needs a min greater than 0, not 0"},
		"wrong.Strange":   {`name: "9lives" must be letters, digits, '_', '-' and '.', begin with a letter or '_', and have at most 63 of them`},
	}, said)
}

func TestOnlyAStructWithTagsIsASpace(t *testing.T) {
	_, err := typed.SpaceOf[int]()
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "is made of a struct, not of int")
	_, err = typed.SpaceOf[struct{ A int }]()
	require.ErrorContains(t, err, "has no field with a tag")
}
