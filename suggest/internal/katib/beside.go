package katib

// What travels beside the messages, as gRPC metadata. Whoever does not know it loses nothing else.
const (
	// SeedHeader comes with a request: the seed of the experiment, a decimal number.
	SeedHeader = "hone-seed"
	// ExhaustedTrailer comes with a reply, "true" when it has all the points that are left.
	ExhaustedTrailer = "hone-exhausted"
	// NoteTrailer comes with a reply: a sentence for the user, in UTF-8.
	NoteTrailer = "hone-note-bin"
)
