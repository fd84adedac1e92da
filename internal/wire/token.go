package wire

import hone "github.com/hone-tuner/hone"

// TokenList lists tokens.
type TokenList struct {
	Tokens []hone.Token `json:"tokens"`
}

// DecodeToken reads the body of a request for a token.
func DecodeToken(body []byte) (r hone.TokenRequest, err error) { return r, Decode(body, "", &r) }
