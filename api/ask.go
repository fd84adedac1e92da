package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

type ask struct {
	hone.Name
	hone.AskRequest
}

func askRequest(r *http.Request) (a ask, err error) {
	a.Name, _ = name(r)
	body, err := readBody(r)
	if err != nil {
		return a, err
	}
	a.AskRequest, err = wire.DecodeAsk(body)
	return a, err
}

func (h *handler) ask(ctx context.Context, a ask) (wire.AskReply, error) {
	reply, err := h.service.Ask(ctx, a.Name, a.AskRequest)
	h.options.Metrics.handedOut(len(reply.Trials))
	return wire.AskReplyOf(reply, h.options.Clock()), err
}

type tell struct {
	trial
	hone.TellRequest
}

func tellRequest(r *http.Request) (t tell, err error) {
	if t.trial, err = trialID(r); err != nil {
		return t, err
	}
	body, err := readBody(r)
	if err != nil {
		return t, err
	}
	t.TellRequest, err = wire.DecodeTell(body)
	return t, err
}

func (h *handler) tell(ctx context.Context, t tell) (wire.Trial, error) {
	got, err := h.service.Tell(ctx, t.Name, t.number, t.TellRequest)
	return wire.TrialOf(got, h.options.Clock()), err
}
