package access

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Prefix is what every secret of a token begins with, so that people and programs that look for leaked secrets
// recognise it. 64 hexadecimal digits follow.
const Prefix = "hone_"

const (
	secretSize = 32 // bytes: nobody guesses 256 bits
	idSize     = 5  // bytes: short enough to be typed, and the store refuses one that is taken
)

// digest is what is kept of a secret. The secrets have 256 random bits, so that a plain hash says nothing of
// them and needs no salt.
type digest [sha256.Size]byte

func digestOf(secret string) digest { return sha256.Sum256([]byte(secret)) }

// newSecret draws a secret.
func newSecret(random io.Reader) (string, error) {
	b, err := draw(random, secretSize)
	return Prefix + hex.EncodeToString(b), err
}

// newID draws the name of a token.
func newID(random io.Reader) (string, error) {
	b, err := draw(random, idSize)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b)), err
}

func draw(random io.Reader, size int) ([]byte, error) {
	b := make([]byte, size)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, hone.Errorf(hone.Internal, "no random bytes can be had for a token: %w", err)
	}
	return b, nil
}
