package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// encodeExperiment answers with an experiment.
func encodeExperiment(status int) func(context.Context, http.ResponseWriter, hone.Experiment) error {
	return func(_ context.Context, w http.ResponseWriter, e hone.Experiment) error {
		w.Header().Set("ETag", wire.Tag(e.UID, e.Status.Events))
		if status == http.StatusCreated {
			w.Header().Set("Location", "/api/v1/namespaces/"+url.PathEscape(e.Namespace)+"/experiments/"+url.PathEscape(e.Name))
		}
		return writeJSON(w, status, e)
	}
}

// ifMatch reads which state of the experiment a change is meant for: the UID and the newest event of its ETag. The
// number alone, "17", is a state of whichever experiment has the name. Without the header, or with *, it is any.
func ifMatch(r *http.Request) (uid string, events int64, err error) {
	tags := r.Header.Values("If-Match")
	if len(tags) == 0 || len(tags) == 1 && strings.TrimSpace(tags[0]) == "*" {
		return "", 0, nil
	}
	tag := strings.TrimSpace(tags[0])
	if len(tags) > 1 || strings.Count(tag, `"`) > 2 {
		return "", 0, hone.FieldErrors{{Path: "If-Match", Message: "must be one ETag: the one of the state that was looked at"}}
	}
	uid, events, ok := wire.ParseTag(tag)
	if !ok {
		return "", 0, &statusError{status: http.StatusPreconditionFailed,
			err: hone.Errorf(hone.Conflict, "If-Match: %s is no state of an experiment; look at it again", tag)}
	}
	return uid, events, nil
}

// conditional answers 304 to callers that know the answer already. An answer without an ETag of its own gets
// one of its bytes, so that at least its transfer is saved.
func conditional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&tagging{ResponseWriter: w, known: r.Header.Values("If-None-Match")}, r)
	})
}

// tagging holds the header of a good answer back until the ETag of its body is known. The body comes in one
// piece (see writeJSON).
type tagging struct {
	http.ResponseWriter
	known  []string
	held   bool
	silent bool // the caller knows the answer
}

// WriteHeader holds a 200 back.
func (t *tagging) WriteHeader(status int) {
	if t.held = status == http.StatusOK; !t.held {
		t.ResponseWriter.WriteHeader(status)
	}
}

// Write sends the answer, or that it has not changed.
func (t *tagging) Write(p []byte) (int, error) {
	if t.held {
		t.held = false
		tag := t.Header().Get("ETag")
		if tag == "" {
			sum := sha256.Sum256(p)
			tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
			t.Header().Set("ETag", tag)
		}
		t.Header().Set("Cache-Control", "private, no-cache") // keep it, but ask each time
		status := http.StatusOK
		if t.silent = knows(t.known, tag); t.silent {
			status = http.StatusNotModified
			t.Header().Del("Content-Type")
		}
		t.ResponseWriter.WriteHeader(status)
	}
	if t.silent {
		return len(p), nil
	}
	return t.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController flush.
func (t *tagging) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// knows compares weakly (RFC 9110, section 13.1.2): caches may have weakened a tag on its way.
func knows(lists []string, tag string) bool {
	for _, list := range lists {
		for one := range strings.SplitSeq(list, ",") {
			one = strings.TrimSpace(one)
			if one == "*" || strings.TrimPrefix(one, "W/") == tag {
				return true
			}
		}
	}
	return false
}
