package wire

// Health is what a healthy server answers.
type Health struct {
	Status string `json:"status"`
}
