package access

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
)

// CreateToken implements hone.TokenService. The secret is in the answer and nowhere else.
func (k *Keeper) CreateToken(ctx context.Context, r hone.TokenRequest) (hone.IssuedToken, error) {
	if err := r.Validate(); err != nil {
		return hone.IssuedToken{}, err
	}
	secret, err := newSecret(k.Random)
	if err != nil {
		return hone.IssuedToken{}, err
	}
	t := hone.Token{Name: r.Name, Role: r.Role, Namespaces: slices.Clone(r.Namespaces), Created: k.Clock().UTC().Round(0)}
	if r.Expires > 0 {
		expires := t.Created.Add(time.Duration(r.Expires))
		t.Expires = &expires
	}
	k.changing.Lock()
	defer k.changing.Unlock()
	if n := len(k.listed()); n >= TokenLimit {
		return hone.IssuedToken{}, hone.Errorf(hone.ResourceExhausted, "there are %d tokens already, which is the most: revoke some first", n)
	}
	sum := digestOf(secret)
	if t.ID, err = k.put(ctx, t, sum); err != nil {
		return hone.IssuedToken{}, err
	}
	k.mu.Lock()
	k.tokens[sum], k.closed = t, true
	k.mu.Unlock()
	k.Logger.Info("a token was made", "id", t.ID, "name", t.Name, "role", t.Role, "namespaces", t.Namespaces, "by", by(ctx))
	return hone.IssuedToken{Token: clone(t), Secret: secret}, nil
}

// put stores a token under an ID that is free, and returns it.
func (k *Keeper) put(ctx context.Context, t hone.Token, sum digest) (string, error) {
	for tries := 0; ; tries++ {
		id, err := newID(k.Random)
		if err != nil {
			return "", err
		}
		t.ID = id
		err = k.Store.PutToken(ctx, hone.StoredToken{Token: t, Hash: sum[:]})
		if !errors.Is(err, hone.AlreadyExists) || tries == 10 {
			return id, err
		}
	}
}

// Tokens implements hone.TokenService. The token of the token file is not among them.
func (k *Keeper) Tokens(context.Context) ([]hone.Token, error) {
	all := k.listed()
	slices.SortFunc(all, func(a, b hone.Token) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

func (k *Keeper) listed() []hone.Token {
	k.mu.RLock()
	defer k.mu.RUnlock()
	var all []hone.Token
	for _, t := range k.tokens {
		if t.ID != FileID {
			all = append(all, clone(t))
		}
	}
	return all
}

// RevokeToken implements hone.TokenService. The token is worthless before the store is asked, and stays so
// even if that fails: it can then be revoked again.
func (k *Keeper) RevokeToken(ctx context.Context, id string) error {
	if id == FileID {
		return hone.Errorf(hone.Conflict, "this token stands in the token file: put another one there, or remove the file, and start the service again")
	}
	k.changing.Lock()
	defer k.changing.Unlock()
	k.mu.Lock()
	for sum, t := range k.tokens {
		if t.ID == id {
			delete(k.tokens, sum)
		}
	}
	k.mu.Unlock()
	if err := k.Store.DeleteToken(ctx, id); err != nil {
		return err
	}
	k.Logger.Info("a token was revoked", "id", id, "by", by(ctx))
	return nil
}

// by names who asked, for the log.
func by(ctx context.Context) string {
	c, known := hone.CallerOf(ctx)
	if !known {
		return "the owner of the socket"
	}
	return c.Name
}

func clone(t hone.Token) hone.Token {
	t.Namespaces = slices.Clone(t.Namespaces)
	if t.Expires != nil {
		expires := *t.Expires
		t.Expires = &expires
	}
	return t
}
