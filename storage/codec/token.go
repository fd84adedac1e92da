package codec

import (
	"cmp"
	"strings"

	"github.com/hone-tuner/hone"
)

// EncodeToken writes what is remembered of a token.
func EncodeToken(t hone.StoredToken) ([]byte, error) { return encode("token "+t.ID, t) }

// DecodeToken reads what EncodeToken wrote.
func DecodeToken(record []byte) (hone.StoredToken, error) {
	var t hone.StoredToken
	return t, decode("a token", record, &t)
}

// CheckToken says why a token cannot be stored.
func CheckToken(t hone.StoredToken) error {
	switch {
	case t.ID == "":
		return hone.Errorf(hone.InvalidArgument, "a token needs an ID")
	case len(t.Hash) == 0:
		return hone.Errorf(hone.InvalidArgument, "token %q has no hash: nobody could bear it", t.ID)
	}
	return nil
}

// CompareTokens orders tokens by creation, then ID.
func CompareTokens(a, b hone.StoredToken) int {
	return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
}
