// Package typed makes a search space of a Go struct, and a struct of each trial's point:
//
//	type Params struct {
//		LR        float64  `hone:"lr,min=1e-5,max=1e-1,log"`
//		Layers    int      `hone:"layers,min=1,max=4"`
//		Batch     int      `hone:"batch,values=16|32|64"`
//		Optimizer string   `hone:"optimizer,values=sgd|adam"`
//		Momentum  *float64 `hone:"momentum,min=0,max=0.99,when=optimizer:sgd"`
//	}
//
//	space, err := typed.SpaceOf[Params]()
//
// A field with a tag is a parameter. The tag begins with its name (the field's in lower case where it is empty)
// and goes on with options:
//
//	min=, max=   the range of a number, both ends included
//	step=        leaves only min, min+step, min+2·step, …
//	log          searches the range on a logarithmic scale
//	values=a|b   lists what the field can be: of a number in increasing order. A bool needs no list
//	categorical  says that the numbers of a list have no order
//	when=p:a|b   makes the parameter conditional: it is active while p, which stands before it, is a or b.
//	             Several must all hold
//
// Fields are float64, strings, bools and whole numbers of any size, also of named types. A conditional field is
// best a pointer, which is nil while the parameter is inactive; without one it is the zero value then.
//
// A struct in the struct is a group: its parameters are named group.parameter, and a when= of its tag holds for all
// of them; behind a pointer it is nil while it is inactive. An embedded struct without a tag adds its
// parameters under their own names. Other fields without a tag, and those tagged "-", are left alone.
//
// It begins at SpaceOf and imports the root.
package typed
