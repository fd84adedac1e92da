package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func tokens() []testCase {
	return []testCase{
		{"tokens are listed by creation, then ID", listTokens},
		{"the ID of a token can be taken once", tokenTaken},
		{"a forgotten token is gone, and its neighbours stay", deleteToken},
		{"a token without ID or hash is refused", unfitTokens},
		{"nothing of a token is shared with the caller", tokensAreCopies},
		{"tokens survive closing, and so does forgetting them", tokensSurvive},
		{"a closed store has no tokens, and an ended context is an error", tokensOfAClosedStore},
	}
}

// tokenStore is the store as one of tokens.
func tokenStore(t *testing.T, s hone.Store) hone.TokenStore {
	out, ok := s.(hone.TokenStore)
	require.True(t, ok, "a store remembers tokens")
	return out
}

func sampleToken(id string, after time.Duration) hone.StoredToken {
	expires := epoch().Add(1000 * time.Hour)
	return hone.StoredToken{
		Token: hone.Token{ID: id, Name: "of " + id, Role: hone.RoleEditor, Namespaces: []string{"vision", "nlp"},
			Created: epoch().Add(after), Expires: &expires},
		Hash: []byte("hash of " + id),
	}
}

func listTokens(t *testing.T, subject Subject) {
	ctx, s := t.Context(), tokenStore(t, subject.Open(t))
	all, err := s.Tokens(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
	want := []hone.StoredToken{sampleToken("z", 0), sampleToken("b", time.Nanosecond), sampleToken("c", time.Nanosecond),
		sampleToken("a", time.Hour)}
	want[1].Expires, want[1].Namespaces = nil, nil
	for _, i := range []int{2, 0, 3, 1} {
		require.NoError(t, s.PutToken(ctx, want[i]))
	}
	all, err = s.Tokens(ctx)
	require.NoError(t, err)
	require.Equal(t, want, all)
}

func tokenTaken(t *testing.T, subject Subject) {
	ctx, s := t.Context(), tokenStore(t, subject.Open(t))
	require.NoError(t, s.PutToken(ctx, sampleToken("a", 0)))
	other := sampleToken("a", 0)
	other.Role = hone.RoleAdmin
	require.ErrorIs(t, s.PutToken(ctx, other), hone.AlreadyExists)
	all, err := s.Tokens(ctx)
	require.NoError(t, err)
	require.Equal(t, []hone.StoredToken{sampleToken("a", 0)}, all)
}

func deleteToken(t *testing.T, subject Subject) {
	ctx, s := t.Context(), tokenStore(t, subject.Open(t))
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, s.PutToken(ctx, sampleToken(id, 0)))
	}
	require.NoError(t, s.DeleteToken(ctx, "b"))
	require.ErrorIs(t, s.DeleteToken(ctx, "b"), hone.NotFound)
	require.ErrorIs(t, s.DeleteToken(ctx, ""), hone.NotFound)
	all, err := s.Tokens(ctx)
	require.NoError(t, err)
	require.Equal(t, []hone.StoredToken{sampleToken("a", 0), sampleToken("c", 0)}, all)
	require.NoError(t, s.PutToken(ctx, sampleToken("b", 0)))
}

func unfitTokens(t *testing.T, subject Subject) {
	ctx, s := t.Context(), tokenStore(t, subject.Open(t))
	require.ErrorIs(t, s.PutToken(ctx, sampleToken("", 0)), hone.InvalidArgument)
	noHash := sampleToken("a", 0)
	noHash.Hash = nil
	require.ErrorIs(t, s.PutToken(ctx, noHash), hone.InvalidArgument)
	all, err := s.Tokens(ctx)
	require.NoError(t, err)
	require.Empty(t, all)
}

func tokensAreCopies(t *testing.T, subject Subject) {
	ctx, s := t.Context(), tokenStore(t, subject.Open(t))
	scribble := func(token hone.StoredToken) {
		token.Hash[0], token.Namespaces[0], *token.Expires = 'X', "scribbled", time.Time{}
	}
	token := sampleToken("a", 0)
	require.NoError(t, s.PutToken(ctx, token))
	scribble(token)
	for range 2 {
		all, err := s.Tokens(ctx)
		require.NoError(t, err)
		require.Equal(t, []hone.StoredToken{sampleToken("a", 0)}, all)
		scribble(all[0])
	}
}

func tokensSurvive(t *testing.T, subject Subject) {
	if subject.Reopen == nil {
		t.Skip("this store leaves nothing")
	}
	ctx, s := t.Context(), subject.Open(t)
	for _, id := range []string{"a", "b"} {
		require.NoError(t, tokenStore(t, s).PutToken(ctx, sampleToken(id, 0)))
	}
	require.NoError(t, tokenStore(t, s).DeleteToken(ctx, "a"))
	all, err := tokenStore(t, subject.Reopen(t, s)).Tokens(ctx)
	require.NoError(t, err)
	require.Equal(t, []hone.StoredToken{sampleToken("b", 0)}, all)
}

func tokensOfAClosedStore(t *testing.T, subject Subject) {
	open := subject.Open(t)
	s := tokenStore(t, open)
	ended, end := context.WithCancel(t.Context())
	end()
	_, err := s.Tokens(ended)
	require.Error(t, err)
	require.Error(t, s.PutToken(ended, sampleToken("a", 0)))
	require.NoError(t, open.Close())
	_, err = s.Tokens(t.Context())
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorIs(t, s.PutToken(t.Context(), sampleToken("a", 0)), hone.Unavailable)
	require.ErrorIs(t, s.DeleteToken(t.Context(), "a"), hone.Unavailable)
}
