package spec

import (
	"regexp"
	"strconv"
	"strings"
)

// plainWord is a text that YAML takes for one without quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z_./-][A-Za-z0-9_./=+-]*$`)

// asList writes the list that is meant by a text: of a command its words, else the text as the one element.
func asList(field, text string) string {
	const most = 400 // bytes that a message shows
	if len(text) > most {
		return "[…]"
	}
	words := []string{text}
	if field == "command" {
		words = commandWords(text)
	}
	for i, w := range words {
		words[i] = quoteWord(w)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// commandWords splits a command at its blanks, as a shell would; one that needs a shell gets it.
func commandWords(text string) (words []string) {
	if strings.ContainsAny(text, "|&;<>*`\n") || strings.Contains(strings.ReplaceAll(text, "${", ""), "$") {
		return []string{"sh", "-c", text}
	}
	var word strings.Builder
	var quote rune
	begun := false
	for _, r := range text {
		switch {
		case quote == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
			continue
		case r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		default:
			word.WriteRune(r)
		}
		begun = true
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// quoteWord writes a text as an element of a YAML list.
func quoteWord(w string) string {
	switch strings.ToLower(w) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "-", "--", "---":
		return strconv.Quote(w)
	}
	if _, err := strconv.ParseFloat(w, 64); err != nil && plainWord.MatchString(w) {
		return w
	}
	return strconv.Quote(w)
}
