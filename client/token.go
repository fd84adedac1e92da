package client

import (
	"context"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

var _ hone.TokenService = (*Client)(nil)

// CreateToken makes a token. Its secret is in the answer and can never be had again.
func (c *Client) CreateToken(ctx context.Context, r hone.TokenRequest) (t hone.IssuedToken, err error) {
	body, err := encode(r)
	if err != nil {
		return t, err
	}
	err = c.call(ctx, request{op: wire.CreateToken, body: body}, &t)
	return t, err
}

// Tokens lists the tokens that have not been revoked, the oldest first.
func (c *Client) Tokens(ctx context.Context) ([]hone.Token, error) {
	var l wire.TokenList
	err := c.call(ctx, get(wire.Tokens, hone.Name{}), &l)
	return l.Tokens, err
}

// RevokeToken makes a token worthless at once.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.call(ctx, request{op: wire.RevokeToken, token: id}, nil)
}
