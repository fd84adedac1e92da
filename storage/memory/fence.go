package memory

import (
	"context"

	"github.com/hone-tuner/hone"
)

var _ hone.Fencer = (*Store)(nil)

// Fence says by which token this process owns the store. Nobody else can reach it, so that only tokens are compared.
func (s *Store) Fence(ctx context.Context, token int64) error {
	if token < 1 {
		return hone.Errorf(hone.InvalidArgument, "a fencing token is at least 1, not %d", token)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ready(ctx); err != nil {
		return err
	}
	if token < s.fence {
		return &hone.FenceError{Token: token, Newest: s.fence}
	}
	s.fence = token
	return nil
}
