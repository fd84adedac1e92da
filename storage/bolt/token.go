package bolt

import (
	"context"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

var _ hone.TokenStore = (*Store)(nil)

// PutToken stores a token.
func (s *Store) PutToken(ctx context.Context, token hone.StoredToken) error {
	if err := codec.CheckToken(token); err != nil {
		return err
	}
	record, err := codec.EncodeToken(token)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *transaction) error {
		if tokenBucket.in(t.tx).Get([]byte(token.ID)) != nil {
			return hone.Errorf(hone.AlreadyExists, "there is a token with the ID %q already", token.ID)
		}
		return t.put(tokenBucket, []byte(token.ID), record)
	})
}

// Tokens lists tokens by creation, then ID. There are few: they are read as a whole.
func (s *Store) Tokens(ctx context.Context) (all []hone.StoredToken, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		return tokenBucket.in(tx).ForEach(func(_, record []byte) error {
			t, err := codec.DecodeToken(record)
			all = append(all, t)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, codec.CompareTokens)
	return all, nil
}

// DeleteToken forgets a token.
func (s *Store) DeleteToken(ctx context.Context, id string) error {
	return s.write(ctx, func(t *transaction) error {
		if id == "" || tokenBucket.in(t.tx).Get([]byte(id)) == nil {
			return hone.Errorf(hone.NotFound, "there is no token with the ID %q", id)
		}
		return t.delete(tokenBucket, []byte(id))
	})
}
