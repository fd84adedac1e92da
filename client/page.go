package client

import (
	"iter"

	hone "github.com/hone-tuner/hone"
)

// pageSize is how many items the iterators ask for at once.
const pageSize = 500

// pages goes through a list page by page. most bounds the number of items; 0 for all of them.
func pages[T any](most int, cursor string, page func(limit int, cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		at := cursor
		for left := most; ; {
			limit := pageSize
			if most > 0 {
				limit = min(limit, left)
			}
			items, next, err := page(limit, at)
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			switch next {
			case "":
				return
			case at:
				yield(zero, hone.Errorf(hone.Internal, "the server gives the page at cursor %q again and again", at))
				return
			}
			at = next
		}
	}
}
