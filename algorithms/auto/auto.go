package auto

import (
	"context"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/bayesian"
	"github.com/hone-tuner/hone/algorithms/grid"
	"github.com/hone-tuner/hone/algorithms/sobol"
	"github.com/hone-tuner/hone/algorithms/tpe"
)

// Name is what experiments call this algorithm.
const Name = hone.DefaultAlgorithm

// Label is what trials carry so that it is known which algorithm proposed them.
const Label = "algorithm"

// Choice describes the algorithm.
func Choice() hone.Choice {
	return hone.Choice{Name: Name, Summary: "Chooses grid for a space that fits into the budget, sobol for very few trials, tpe for very many parameters; otherwise bayesian, with tpe in turns while that finds nothing better. Says why."}
}

// New makes the algorithm. It has no settings; whoever wants some names the algorithm that has them.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	return &auto{}, nil
}

// made are the algorithms to choose from.
func made(name string) (hone.Algorithm, error) {
	table := map[string]func(map[string]hone.Value) (hone.Algorithm, error){
		bayesian.Name: bayesian.New,
		grid.Name:     grid.New,
		sobol.Name:    sobol.New,
		tpe.Name:      tpe.New,
	}
	return table[name](nil)
}

type auto struct {
	space  *hone.Space
	budget int
	chosen choice
	made   map[string]hone.Algorithm // by name, for this space
}

var _ hone.Algorithm = (*auto)(nil)

// Suggest asks the chosen algorithms, one point at a time since they may take turns, and labels what they
// propose.
func (x *auto) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	x.prepare(r)
	said := x.said(r)
	stuck := x.chosen.name == bayesian.Name && stuck(r)
	var out []hone.Suggestion
	for end := r.Number + r.Count; r.Number < end; r.Number++ {
		name := x.chosen.name
		if stuck && r.Number%2 == 0 {
			name = tpe.Name
		}
		s, err := x.ask(ctx, name, r)
		if err != nil || s.Parameters == nil {
			return out, err
		}
		out = append(out, s)
		r.Pending = append(slices.Clip(r.Pending), hone.Pending{Number: r.Number, Parameters: s.Parameters, Labels: s.Labels})
	}
	if !said && len(out) > 0 {
		out[0].Note = x.chosen.note()
	}
	return out, nil
}

// ask asks an algorithm for one point; the suggestion has no parameters when there is none.
func (x *auto) ask(ctx context.Context, name string, r hone.Request) (hone.Suggestion, error) {
	algorithm := x.made[name]
	if algorithm == nil {
		var err error
		if algorithm, err = made(name); err != nil {
			return hone.Suggestion{}, err
		}
		x.made[name] = algorithm
	}
	r.Count = 1
	got, err := algorithm.Suggest(ctx, r)
	if err != nil || len(got) == 0 {
		return hone.Suggestion{}, err
	}
	s := got[0]
	s.Labels = map[string]string{Label: name}
	return s, nil
}

// prepare chooses, when the space is another or the budget was changed.
func (x *auto) prepare(r hone.Request) {
	if x.space != r.Space {
		x.made = map[string]hone.Algorithm{}
	} else if x.budget == r.Budget {
		return
	}
	x.space, x.budget, x.chosen = r.Space, r.Budget, choose(r.Space, r.Budget)
}

// said reports whether the newest trial that auto proposed came from the algorithm that is chosen now, or from
// the one that takes turns with it.
func (x *auto) said(r hone.Request) bool {
	newest, name := -1, ""
	for _, p := range r.Pending {
		if l, ok := p.Labels[Label]; ok && p.Number > newest {
			newest, name = p.Number, l
		}
	}
	for i := r.History.Len() - 1; newest < 0 && i >= 0; i-- {
		if l, ok := r.History.At(i).Labels[Label]; ok {
			newest, name = i, l
		}
	}
	return newest >= 0 && (name == x.chosen.name || name == tpe.Name && x.chosen.name == bayesian.Name)
}
