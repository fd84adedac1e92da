package spec

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"

	hone "github.com/hone-tuner/hone"
)

// Decoder reads experiment files and compiles constraints. It is safe for concurrent use.
type Decoder struct {
	catalog hone.Catalog
	shape   shape
	env     *cel.Env // of constraints, without the parameters
	object  *cel.Env // of conditions on objects
}

var _ hone.Decoder = (*Decoder)(nil)

// New makes a Decoder for experiments that choose from a catalog.
func New(catalog hone.Catalog) *Decoder {
	return &Decoder{catalog: catalog, shape: fileShape(), env: constraintEnv(), object: objectEnv()}
}

// Decode reads an experiment file, YAML or JSON, puts the overrides over it and validates the whole. The
// error is hone.FieldErrors: every mistake of the file, in its order, with path and line (a mistake in an
// override has no line). The experiment's defaults are filled in.
func (d *Decoder) Decode(data []byte, o hone.Overrides) (hone.Document, error) {
	m := &mistakes{}
	tree, err := parse(data, m)
	if err != nil {
		return hone.Document{}, err
	}
	warnings := override(tree, o)
	c := &checker{mistakes: m, tree: tree, root: d.shape}
	if c.foreign() {
		return hone.Document{}, m.err()
	}
	c.check(tree, d.shape, nil)
	if tree.kind != mapNode {
		return hone.Document{}, m.err()
	}
	e, err := fill(tree)
	if err != nil {
		return hone.Document{}, err
	}
	d.validate(e, c)
	if err := m.err(); err != nil {
		return hone.Document{}, err
	}
	warnings = append(warnings, warn(e)...)
	e.Spec = e.Spec.WithDefaults()
	return hone.Document{Experiment: e, Warnings: warnings}, nil
}

// foreign notices a document of something else altogether, of which nothing more is worth saying.
func (c *checker) foreign() bool {
	found := false
	for _, f := range []struct{ name, want, part string }{
		{"apiVersion", APIVersion, "/"}, {"kind", Kind, "\x00"},
	} {
		n := c.tree.get(f.name)
		if n == nil || n.kind != textNode {
			continue
		}
		want, _, _ := strings.Cut(f.want, f.part)
		got, _, _ := strings.Cut(n.text, f.part)
		if !strings.EqualFold(got, want) && hone.Nearest(got, []string{want}) == "" {
			c.add(f.name, n.line, n.order, "must be %s, not %q: this is no experiment file of Hone", f.want, clip(n.text))
			found = true
		}
	}
	return found
}

// file is an experiment file in Go.
type file struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Metadata   metadata  `json:"metadata"`
	Spec       hone.Spec `json:"spec"`
}

type metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace,omitempty"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// fill makes an experiment of a checked tree, through the JSON form of the root's types.
func fill(tree *node) (hone.Experiment, error) {
	var f file
	if err := json.Unmarshal(appendJSON(nil, tree), &f); err != nil {
		return hone.Experiment{}, hone.Errorf(hone.InvalidArgument, "the file cannot be read: %w", err)
	}
	if f.Metadata.Namespace == "" {
		f.Metadata.Namespace = hone.DefaultNamespace
	}
	return hone.Experiment{Name: f.Metadata.Name, Namespace: f.Metadata.Namespace, Labels: f.Metadata.Labels, Spec: f.Spec}, nil
}

// validate adds what is wrong with the meaning of the file to what is wrong with its form.
func (d *Decoder) validate(e hone.Experiment, c *checker) {
	err := e.Validate(d.catalog, d)
	var errs hone.FieldErrors
	if err != nil && !errors.As(err, &errs) {
		errs = hone.FieldErrors{{Message: err.Error()}}
	}
	errs = append(errs, d.validateRest(e, errs, c)...)
	errs = append(errs, d.validateTrial(e, c)...)
	for _, f := range errs {
		if !c.full() && c.follows(f.Path, e) {
			continue
		}
		line, order := c.tree.place(f.Path)
		c.add(f.Path, line, order, "%s", f.Message)
	}
}

// validateRest looks at the constraints and initial points that the root leaves out because of mistakes
// before them.
func (d *Decoder) validateRest(e hone.Experiment, found hone.FieldErrors, c *checker) (errs hone.FieldErrors) {
	switch {
	case c.doubts("spec.parameters"):
		return nil
	case below(found, "spec.parameters"):
		for i, expression := range e.Spec.Constraints {
			if _, err := d.CompileConstraint(expression, e.Spec.Parameters); err != nil && i < hone.MaxConstraints {
				errs = append(errs, hone.FieldError{Path: "spec.constraints[" + strconv.Itoa(i) + "]", Message: err.Error()})
			}
		}
	case below(found, "spec.constraints"):
		space, err := hone.NewSpace(e.Spec.Parameters...).Compile(nil)
		if err != nil {
			return nil //nolint:nilerr // what is wrong with the parameters has been said
		}
		for i, point := range e.Spec.Initial {
			if _, err := space.Complete(point, rand.New(rand.NewPCG(1, 1))); err != nil && len(errs) < mostCollected { //nolint:gosec // no secret
				errs = append(errs, hone.FieldError{Path: "spec.initial[" + strconv.Itoa(i) + "]", Message: err.Error()})
			}
		}
	}
	return errs
}

// below reports whether any of the errors lies under a path.
func below(errs hone.FieldErrors, path string) bool {
	for _, f := range errs {
		if under(f.Path, path) {
			return true
		}
	}
	return false
}

// doubts reports whether anything at or under a path is doubtful, or the path itself lies under what is.
func (c *checker) doubts(at string) bool {
	for _, d := range c.doubtful {
		if under(d, at) || under(at, d) {
			return true
		}
	}
	return false
}

// follows reports whether a mistake is only the consequence of one that was reported already.
func (c *checker) follows(at string, e hone.Experiment) bool {
	for _, d := range c.doubtful {
		if under(at, d) {
			return true
		}
	}
	if under(at, "spec.constraints") || under(at, "spec.initial") {
		return c.doubts("spec.parameters")
	}
	parameter, condition, ok := strings.Cut(at, ".when.")
	return ok && under(parameter, "spec.parameters") && c.doubtfulParent(condition, e)
}

// doubtfulParent reports whether a condition is on a parameter that something is wrong with.
func (c *checker) doubtfulParent(condition string, e hone.Experiment) bool {
	for i, p := range e.Spec.Parameters {
		at := "spec.parameters[" + strconv.Itoa(i) + "]"
		if c.doubts(at+".name") || under(condition, p.Name) && c.doubts(at) {
			return true
		}
	}
	return false
}
