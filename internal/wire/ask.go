package wire

import (
	"bytes"
	"math"
	"time"

	hone "github.com/hone-tuner/hone"
)

// AskReply answers an ask.
type AskReply struct {
	Trials []Trial              `json:"trials"`
	State  hone.ExperimentState `json:"state"`
	Reason hone.Reason          `json:"reason,omitempty"`
	// RetryAfter is in seconds; 0, and absent, when asking again makes no sense.
	RetryAfter float64 `json:"retryAfter,omitempty"`
}

// AskReplyOf shows an answer.
func AskReplyOf(r hone.AskReply, now time.Time) AskReply {
	return AskReply{Trials: TrialListOf(hone.TrialPage{Trials: r.Trials}, now).Trials, State: r.State, Reason: r.Reason,
		RetryAfter: time.Duration(r.RetryAfter).Seconds()}
}

// Reply gives the answer back.
func (r AskReply) Reply(experiment string) hone.AskReply {
	page := TrialList{Trials: r.Trials}.Page(experiment)
	// Whole milliseconds: what a float cannot hold is no time that anybody waits for.
	wait := hone.Duration(math.Round(r.RetryAfter*1000)) * hone.Duration(time.Millisecond)
	return hone.AskReply{Trials: page.Trials, State: r.State, Reason: r.Reason, RetryAfter: wait}
}

// DecodeAsk reads the body of ask. No body at all asks for one trial.
func DecodeAsk(body []byte) (r hone.AskRequest, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return r, nil
	}
	if err := Decode(body, "", &r); err != nil {
		return r, err
	}
	return r, nil
}

// DecodeTell reads the body of tell.
func DecodeTell(body []byte) (r hone.TellRequest, err error) {
	if err := Decode(body, "", &r); err != nil {
		return r, shaped(fieldsOf(err), `{"state": "Succeeded", "metrics": {"accuracy": 0.97}}`, "metrics", "state")
	}
	return r, nil
}
