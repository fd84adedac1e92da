package typed_test

import (
	"fmt"
	"log"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client/typed"
)

func ExampleSpaceOf() {
	type Params struct {
		LR        float64  `hone:"lr,min=1e-5,max=1e-1,log"`
		Optimizer string   `hone:"optimizer,values=sgd|adam"`
		Momentum  *float64 `hone:"momentum,min=0,max=0.99,when=optimizer:sgd"`
	}
	space, err := typed.SpaceOf[Params]()
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range space.SearchSpace().Parameters {
		fmt.Println(p.Name, p.Domain())
	}
	params, err := space.Params(hone.Assignments{
		{Parameter: "lr", Value: hone.Number(0.001)},
		{Parameter: "optimizer", Value: hone.String("adam")},
	})
	fmt.Println(params.LR, params.Optimizer, params.Momentum, err)
	// Output:
	// lr a double from 0.00001 to 0.1
	// optimizer one of "sgd", "adam"
	// momentum a double from 0 to 0.99
	// 0.001 adam <nil> <nil>
}

// Every mistake of a struct is said at once, with its field.
func ExampleSpaceOf_mistakes() {
	type Params struct {
		LR        float64 `hone:"lr,min=1e-5,log"`
		Layers    int     `hone:"layers,min=4,max=1"`
		Optimizer string  `hone:"optimizer,value=sgd|adam"`
	}
	_, err := typed.SpaceOf[Params]()
	fmt.Println(err)
	// Output:
	// Params.LR: max is missing: a number needs min and max, or values
	// Params.Optimizer: there is no option "value"; did you mean "values"?
	// Params.Optimizer: lists no values, which a string needs; write it like values=sgd|adam
	// Params.Layers: min: 4 is greater than max 1
}
