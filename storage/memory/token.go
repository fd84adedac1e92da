package memory

import (
	"context"
	"slices"

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
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	if _, taken := s.tokens[token.ID]; taken {
		return hone.Errorf(hone.AlreadyExists, "there is a token with the ID %q already", token.ID)
	}
	s.tokens[token.ID] = record
	return nil
}

// Tokens lists tokens by creation, then ID.
func (s *Store) Tokens(ctx context.Context) (all []hone.StoredToken, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	for _, record := range s.tokens {
		t, err := codec.DecodeToken(record)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	slices.SortFunc(all, codec.CompareTokens)
	return all, nil
}

// DeleteToken forgets a token.
func (s *Store) DeleteToken(ctx context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	if _, found := s.tokens[id]; !found {
		return hone.Errorf(hone.NotFound, "there is no token with the ID %q", id)
	}
	delete(s.tokens, id)
	return nil
}
