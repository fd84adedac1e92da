package storagetest

import (
	"testing"

	"github.com/hone-tuner/hone"
)

// Subject is the store to test.
type Subject struct {
	// Open makes an empty store and closes it when the test ends.
	Open func(t *testing.T) hone.Store
	// Reopen closes a store and opens what it left; nil for a store that leaves nothing.
	Reopen func(t *testing.T, s hone.Store) hone.Store
}

// Run holds a store against everything that hone.Store, hone.TokenStore, hone.Fencer and hone.NamespaceLister promise.
func Run(t *testing.T, subject Subject) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"experiments", experiments()},
		{"events", events()},
		{"trials", trials()},
		{"measurements", measurements()},
		{"tokens", tokens()},
		{"fences", fences()},
		{"concurrency", concurrency()},
		{"properties", properties()},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.run(t, subject) })
			}
		})
	}
}

// testCase is one promise, as a sentence, and the test of it.
type testCase struct {
	name string
	run  func(t *testing.T, subject Subject)
}
