package spec

import (
	"cmp"
	"fmt"
	"slices"

	hone "github.com/hone-tuner/hone"
)

const (
	mostCollected = 1000 // mistakes that are looked for
	mostReported  = 100  // mistakes that are reported
)

// mistake is an error with its place in the document, for sorting.
type mistake struct {
	hone.FieldError
	order int
}

// mistakes collects what is wrong with a document.
type mistakes struct {
	list []mistake
	more int // that were found beyond what is collected
}

// full reports whether there is no use in looking for more.
func (m *mistakes) full() bool { return len(m.list) >= mostCollected }

func (m *mistakes) add(at string, line, order int, format string, args ...any) {
	if m.full() {
		m.more++
		return
	}
	m.list = append(m.list, mistake{
		FieldError: hone.FieldError{Path: at, Line: line, Message: fmt.Sprintf(format, args...)}, order: order,
	})
}

// err returns all mistakes in the order of the document, or nil.
func (m *mistakes) err() error {
	slices.SortStableFunc(m.list, func(a, b mistake) int { return cmp.Compare(a.order, b.order) })
	var errs hone.FieldErrors
	for i, x := range m.list {
		if i == mostReported {
			errs = append(errs, hone.FieldError{Message: fmt.Sprintf("and %d more mistakes", len(m.list)+m.more-i)})
			break
		}
		errs = append(errs, x.FieldError)
	}
	return errs.Err()
}
