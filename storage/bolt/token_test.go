package bolt_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// TestAStoreOfTheFirstSchemaLearnsToKeepTokens opens what a program wrote that knew of no tokens.
func TestAStoreOfTheFirstSchemaLearnsToKeepTokens(t *testing.T) {
	path := written(t)
	before := everything(t, path)
	update(func(tx *bbolt.Tx) error {
		require.NoError(t, tx.DeleteBucket([]byte("tokens")))
		return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte{0, 0, 0, 0, 0, 0, 0, 1})
	})(t, path)
	token := hone.StoredToken{Token: hone.Token{ID: "a", Role: hone.RoleViewer}, Hash: []byte("hash")}
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	require.NoError(t, s.PutToken(t.Context(), token))
	require.NoError(t, s.Close())

	s = open(t, path)
	all, err := s.Tokens(t.Context())
	require.NoError(t, err)
	require.Equal(t, []hone.StoredToken{token}, all)
	require.NoError(t, s.Close())
	require.Equal(t, before, everything(t, path))
	update(func(tx *bbolt.Tx) error {
		require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 2}, tx.Bucket([]byte("meta")).Get([]byte("schema")))
		return nil
	})(t, path)
}

// everything is what a store says of its only experiment.
func everything(t *testing.T, path string) []any {
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	page, err := s.Experiments(t.Context(), hone.ExperimentFilter{})
	require.NoError(t, err)
	require.Len(t, page.Experiments, 1)
	uid := page.Experiments[0].UID
	events, err := s.Events(t.Context(), uid, 0, 1000)
	require.NoError(t, err)
	trials, err := s.Trials(t.Context(), uid, hone.TrialFilter{})
	require.NoError(t, err)
	require.NotEmpty(t, trials)
	batches, err := s.Batches(t.Context(), uid, 1)
	require.NoError(t, err)
	require.NotEmpty(t, batches)
	require.NoError(t, s.Close())
	return []any{page, events, trials, batches}
}
