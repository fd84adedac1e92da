package cluster

// Remembered tells how many answers are kept.
func Remembered(z *Authorizer) (users, answers int) {
	return len(z.users.entries), len(z.answers.entries)
}
