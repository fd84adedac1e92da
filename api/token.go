package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

func tokenRequest(r *http.Request) (hone.TokenRequest, error) {
	body, err := readBody(r)
	if err != nil {
		return hone.TokenRequest{}, err
	}
	return wire.DecodeToken(body)
}

func tokenID(r *http.Request) (string, error) { return r.PathValue("token"), nil }

// tokenService is who hands out tokens, or why nobody does.
func (h *handler) tokenService() (hone.TokenService, error) {
	if h.options.Tokens == nil {
		return nil, hone.Errorf(hone.Unimplemented, "there are no tokens here: whoever can open the socket may do everything")
	}
	return h.options.Tokens, nil
}

func (h *handler) createToken(ctx context.Context, r hone.TokenRequest) (hone.IssuedToken, error) {
	s, err := h.tokenService()
	if err != nil {
		return hone.IssuedToken{}, err
	}
	return s.CreateToken(ctx, r)
}

func (h *handler) tokens(ctx context.Context, _ none) (wire.TokenList, error) {
	s, err := h.tokenService()
	if err != nil {
		return wire.TokenList{}, err
	}
	all, err := s.Tokens(ctx)
	return wire.TokenList{Tokens: list(all)}, err
}

func (h *handler) revokeToken(ctx context.Context, id string) (none, error) {
	s, err := h.tokenService()
	if err != nil {
		return none{}, err
	}
	return none{}, s.RevokeToken(ctx, id)
}
