package spec

// shapeKind says what may stand at a place of the file.
type shapeKind uint8

const (
	textShape        shapeKind = iota
	nameShape                  // a text that is a name in lower case
	numberShape                // any finite number
	wholeShape                 // a whole number
	truthShape                 // true or false
	durationShape              // 90s, 30m, 2h
	quantityShape              // a text, or a number that is taken as one
	improvementShape           // a number, or a percentage
	valueShape                 // a number, a text or a boolean
	valuesShape                // a list of these, or a single one
	listShape                  // of items
	dictionaryShape            // any names, with items as values
	objectShape                // fields
	documentShape              // any mapping at all
)

// shape is one entry of the table that the decoder checks files against and that the JSON schema is made of.
type shape struct {
	kind  shapeKind
	items *shape // of a list or dictionary
	// fields, cases and together are of an object.
	fields []field
	cases  []variant
	// together lists fields of which a mistake in one makes what else is found in the others doubtful.
	together [][]string
	// oneOf lists what a text may be.
	oneOf []string
	// others are words of other systems, and what they are here.
	others map[string]string
	// positive refuses 0, where leaving the field out is what is meant.
	positive bool
	// natural refuses what is less than 0.
	natural bool
	// most is the largest number, or the largest count of a list; 0 for no bound. The root checks it: here
	// it is for the schema.
	most int
}

// field is a named place in an object.
type field struct {
	name  string
	doc   string // a sentence for editors
	shape shape
	// required says what to write when the field is missing; empty for a field that may be.
	required string
	// standard is the default, for the schema.
	standard any
	// refused says why a field that will exist one day is not taken yet.
	refused string
	// instead is the field that takes the place of a refused one until then.
	instead string
}

// variant says which fields an object needs or cannot have, by the value of one of its fields.
type variant struct {
	field    string
	values   []string
	needs    []string
	excludes []string
	why      string // "%s is for … parameters"
}

func (s shape) field(name string) (field, bool) {
	for _, f := range s.fields {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// names lists the fields that may be used.
func (s shape) names() []string {
	names := make([]string, 0, len(s.fields))
	for _, f := range s.fields {
		if f.refused == "" {
			names = append(names, f.name)
		}
	}
	return names
}

func of(kind shapeKind) shape { return shape{kind: kind} }

func listOf(items shape, most int) shape { return shape{kind: listShape, items: &items, most: most} }

func dictionaryOf(items shape) shape { return shape{kind: dictionaryShape, items: &items} }

func oneOf[T ~string](words ...T) shape {
	s := shape{kind: textShape}
	for _, w := range words {
		s.oneOf = append(s.oneOf, string(w))
	}
	return s
}

func object(fields ...field) shape { return shape{kind: objectShape, fields: fields} }
