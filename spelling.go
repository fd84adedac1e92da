package hone

import "unicode/utf8"

// Nearest returns the known word that is most likely meant by word, or "" when none is close: at most a
// third of its letters, and no more than three, are wrong, missing or swapped, and one letter at least is right.
func Nearest(word string, known []string) string {
	best, bestDistance := "", min(3, max(1, len(word)/3))+1
	letters := utf8.RuneCountInString(word)
	for _, k := range known {
		// Lengths alone rule most words out, and a word of a megabyte costs nothing.
		if d := letters - utf8.RuneCountInString(k); d >= bestDistance || -d >= bestDistance {
			continue
		}
		if d := distance(word, k); d < bestDistance && d < max(letters, utf8.RuneCountInString(k)) {
			best, bestDistance = k, d
		}
	}
	return best
}

// didYouMean returns `; did you mean "x"?`, or nothing when no known word is close.
func didYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return `; did you mean "` + near + `"?`
	}
	return ""
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to get from a to b
// (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		next := make([]int, len(y)+1)
		next[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
