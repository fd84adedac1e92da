package auto

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/bayesian"
	"github.com/hone-tuner/hone/algorithms/grid"
	"github.com/hone-tuner/hone/algorithms/sobol"
)

// Name is what experiments call this algorithm.
const Name = hone.DefaultAlgorithm

// Label is what trials carry so that it is known which algorithm proposed them.
const Label = "algorithm"

// Choice describes the algorithm.
func Choice() hone.Choice {
	return hone.Choice{Name: Name, Summary: "Chooses grid for a space that fits into the budget, sobol for very few trials or very many parameters, bayesian otherwise, and says why."}
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
	}
	return table[name](nil)
}

type auto struct {
	space  *hone.Space
	budget int
	chosen choice
	inner  hone.Algorithm
}

var _ hone.Algorithm = (*auto)(nil)

// Suggest asks the chosen algorithm and labels what it proposes.
func (x *auto) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if err := x.prepare(r); err != nil {
		return nil, err
	}
	got, err := x.inner.Suggest(ctx, r)
	if err != nil || len(got) == 0 {
		return nil, err
	}
	out := make([]hone.Suggestion, len(got))
	for i, s := range got {
		s.Labels = map[string]string{Label: x.chosen.name}
		out[i] = s
	}
	if !x.said(r) {
		out[0].Note = x.chosen.note()
	}
	return out, nil
}

// prepare chooses, when the space is another or the budget was changed.
func (x *auto) prepare(r hone.Request) error {
	if x.inner != nil && x.space == r.Space && x.budget == r.Budget {
		return nil
	}
	chosen := choose(r.Space, r.Budget)
	if x.inner == nil || x.space != r.Space || chosen.name != x.chosen.name {
		inner, err := made(chosen.name)
		if err != nil {
			return err
		}
		x.inner = inner
	}
	x.space, x.budget, x.chosen = r.Space, r.Budget, chosen
	return nil
}

// said reports whether the newest trial that auto proposed came from the algorithm that is chosen now.
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
	return newest >= 0 && name == x.chosen.name
}
