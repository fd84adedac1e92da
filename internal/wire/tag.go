package wire

import (
	"net/url"
	"strconv"
	"strings"
)

// Tag is the ETag of an experiment: its newest event and its UID, since all of its status follows from its events.
// Without a UID, it is a state of whichever experiment has the name; with 0 events, any state of the one that has it.
func Tag(uid string, events int64) string {
	tag := `"` + strconv.FormatInt(events, 10)
	if uid != "" {
		tag += "-" + url.PathEscape(uid)
	}
	return tag + `"`
}

// ParseTag reads what Tag writes, and reports whether it could.
func ParseTag(tag string) (uid string, events int64, ok bool) {
	inner, opened := strings.CutPrefix(tag, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	number, id, _ := strings.Cut(inner, "-")
	events, err := strconv.ParseInt(number, 10, 64)
	uid, wrong := url.PathUnescape(id)
	if !opened || !closed || err != nil || wrong != nil || events < 0 || events == 0 && uid == "" {
		return "", 0, false
	}
	return uid, events, true
}
