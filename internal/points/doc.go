// Package points helps whoever proposes points of a search space: it knows which points are taken already
// (Index, Taken), draws free ones (Draw), walks a sequence of them so that each is proposed once (Cursor),
// and answers a request for many as so many requests for one (Index.Each).
//
// All of it is a pure function of the request. What is kept between requests saves time and nothing else.
//
// It imports the root only.
package points
