package access_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
)

func TestWhoBearsATokenMayDoWhatItSays(t *testing.T) {
	w := newWorld(t)
	in := func(namespace string) hone.Access { return hone.Access{Role: hone.RoleEditor, Namespace: namespace} }
	all := hone.Access{Role: hone.RoleAdmin, Everywhere: true}
	for name, c := range map[string]struct {
		role       hone.Role
		namespaces []string
		access     hone.Access
		kind       hone.Kind
		says       string
	}{
		"a viewer looks":                          {hone.RoleViewer, nil, viewing(), "", ""},
		"a viewer edits nothing":                  {hone.RoleViewer, nil, in("a"), hone.PermissionDenied, `the token "it" has the role viewer, and this needs editor`},
		"an editor edits":                         {hone.RoleEditor, nil, in("a"), "", ""},
		"an editor hands out no tokens":           {hone.RoleEditor, nil, all, hone.PermissionDenied, "has the role editor, and this needs admin"},
		"an admin hands out tokens":               {hone.RoleAdmin, nil, all, "", ""},
		"within its namespace":                    {hone.RoleEditor, []string{"a"}, in("a"), "", ""},
		"within one of its namespaces":            {hone.RoleEditor, []string{"b", "a"}, in("a"), "", ""},
		"in another namespace":                    {hone.RoleEditor, []string{"a"}, in("b"), hone.PermissionDenied, `is limited to namespace a, and this is in "b"`},
		"in one that begins alike":                {hone.RoleEditor, []string{"a"}, in("ab"), hone.PermissionDenied, "is limited to"},
		"in some namespace":                       {hone.RoleEditor, []string{"a"}, in(""), "", ""},
		"in all namespaces":                       {hone.RoleAdmin, []string{"a", "b", "c", "d", "e", "f"}, all, hone.PermissionDenied, "is limited to the namespaces a, b, c, d, e, …, and this is about all namespaces"},
		"what has no rule is allowed to nobody":   {hone.RoleAdmin, nil, hone.Access{}, hone.PermissionDenied, "needs what no role has"},
		"a role that nobody knows is not granted": {hone.RoleAdmin, nil, hone.Access{Role: "owner"}, hone.PermissionDenied, "needs owner"},
	} {
		t.Run(name, func(t *testing.T) {
			issued := w.issue(hone.TokenRequest{Name: "it", Role: c.role, Namespaces: c.namespaces})
			caller, err := w.Authorize(t.Context(), issued.Secret, c.access)
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, hone.Caller{ID: issued.ID, Name: "it", Namespaces: c.namespaces}, caller)
				return
			}
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.Zero(t, caller)
		})
	}
}

func TestWhatIsNoTokenOpensNothing(t *testing.T) {
	w := newWorld(t)
	good := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleAdmin})
	stored, err := w.store.Tokens(t.Context())
	require.NoError(t, err)
	for name, secret := range map[string]string{
		"none": "", "its ID": good.ID, "its name": "it", "a beginning": good.Secret[:40], "more than it": good.Secret + "0",
		"another": access.Prefix + strings.Repeat("0", 64), "its hash": string(stored[0].Hash), "its hash in digits": fmt.Sprintf("%x", stored[0].Hash),
		"capitals": strings.ToUpper(good.Secret), "a blank before it": " " + good.Secret, "another ID": access.FileID,
	} {
		require.ErrorIs(t, w.authorize(secret, viewing()), hone.Unauthenticated, name)
	}
	require.NoError(t, w.authorize(good.Secret, viewing()))
}

func TestSecretsAreDrawnNewAndNeverStored(t *testing.T) {
	w := newWorld(t)
	var log bytes.Buffer
	w.Logger = hclog.New(&hclog.LoggerOptions{Output: &log})
	seen := map[string]bool{}
	for range 50 {
		issued := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
		require.Regexp(t, `^hone_[0-9a-f]{64}$`, issued.Secret)
		require.Regexp(t, `^[a-z2-7]{8}$`, issued.ID)
		require.False(t, seen[issued.Secret] || seen[issued.ID])
		seen[issued.Secret], seen[issued.ID] = true, true
	}
	stored, err := w.store.Tokens(t.Context())
	require.NoError(t, err)
	listed, err := w.Tokens(t.Context())
	require.NoError(t, err)
	require.Len(t, listed, 50)
	traces := fmt.Sprintf("%s %v %v", log.String(), stored, listed)
	require.Contains(t, traces, `a token was made`)
	for secret := range seen {
		require.False(t, strings.HasPrefix(secret, access.Prefix) && strings.Contains(traces, secret[len(access.Prefix):]))
	}
}

func TestATokenWorksUntilItExpires(t *testing.T) {
	w := newWorld(t)
	issued := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleViewer, Expires: hone.Duration(time.Hour)})
	require.Equal(t, w.now, issued.Created)
	require.Equal(t, w.now.Add(time.Hour), *issued.Expires)
	w.now = w.now.Add(time.Hour - 1)
	require.NoError(t, w.authorize(issued.Secret, viewing()))
	w.now = w.now.Add(1)
	err := w.authorize(issued.Secret, viewing())
	require.ErrorIs(t, err, hone.Unauthenticated)
	require.ErrorContains(t, err, `the token "it" has expired`)
	_, err = w.keeper(access.Options{}).Authorize(t.Context(), issued.Secret, viewing())
	require.ErrorIs(t, err, hone.Unauthenticated, "after another start too")
}

func TestARevokedTokenIsWorthlessAtOnce(t *testing.T) {
	w := newWorld(t)
	one, two := w.issue(hone.TokenRequest{Name: "one", Role: hone.RoleViewer}), w.issue(hone.TokenRequest{Name: "two", Role: hone.RoleViewer})
	require.NoError(t, w.RevokeToken(t.Context(), one.ID))
	require.ErrorIs(t, w.authorize(one.Secret, viewing()), hone.Unauthenticated)
	require.NoError(t, w.authorize(two.Secret, viewing()))
	require.ErrorIs(t, w.RevokeToken(t.Context(), one.ID), hone.NotFound)
	require.ErrorIs(t, w.RevokeToken(t.Context(), ""), hone.NotFound)
	left, err := w.Tokens(t.Context())
	require.NoError(t, err)
	require.Equal(t, []hone.Token{two.Token}, left)
	again := w.keeper(access.Options{})
	_, err = again.Authorize(t.Context(), one.Secret, viewing())
	require.ErrorIs(t, err, hone.Unauthenticated)
	_, err = again.Authorize(t.Context(), two.Secret, viewing())
	require.NoError(t, err)
}

func TestATokenThatTheStoreCannotForgetIsWorthlessAllTheSame(t *testing.T) {
	w := newWorld(t)
	issued := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	w.store.err = hone.Errorf(hone.ResourceExhausted, "the disk is full")
	require.ErrorIs(t, w.RevokeToken(t.Context(), issued.ID), hone.ResourceExhausted)
	require.ErrorIs(t, w.authorize(issued.Secret, viewing()), hone.Unauthenticated)
	w.store.err = nil
	require.NoError(t, w.RevokeToken(t.Context(), issued.ID), "it can be revoked again")
	stored, err := w.store.Tokens(t.Context())
	require.NoError(t, err)
	require.Empty(t, stored)
}

func TestATokenThatCannotBeStoredIsNotGiven(t *testing.T) {
	w := newWorld(t)
	w.store.err = hone.Errorf(hone.ResourceExhausted, "the disk is full")
	_, err := w.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	require.ErrorIs(t, err, hone.ResourceExhausted)
	require.False(t, w.Configured())
	w.store.err = hone.Errorf(hone.AlreadyExists, "the ID is taken")
	w.store.puts = 0
	_, err = w.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	require.ErrorIs(t, err, hone.AlreadyExists)
	require.Equal(t, 11, w.store.puts, "it is not tried for ever")

	w.store.err = nil
	w.Random = io.LimitReader(w.Random, 31)
	_, err = w.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	require.ErrorIs(t, err, hone.Internal, "a secret of too few random bytes is none")
	listed, err := w.Tokens(t.Context())
	require.NoError(t, err)
	require.Empty(t, listed)
}

func TestEveryMistakeOfARequestIsTold(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateToken(t.Context(), hone.TokenRequest{Name: "a\x1b[31m", Role: "edtor", Namespaces: []string{"ok", "", "Not OK", "ok"}, Expires: -1})
	var fields hone.FieldErrors
	require.True(t, errors.As(err, &fields))
	var paths []string
	for _, f := range fields {
		paths = append(paths, f.Path)
	}
	require.Equal(t, []string{"name", "role", "namespaces[1]", "namespaces[2]", "namespaces[3]", "expires"}, paths, "%v", err)
	require.ErrorContains(t, err, `did you mean "editor"?`)
	for name, r := range map[string]hone.TokenRequest{
		"nothing":             {},
		"no role":             {Name: "it"},
		"no name":             {Role: hone.RoleViewer},
		"a name of blanks":    {Name: "  ", Role: hone.RoleViewer},
		"a long name":         {Name: strings.Repeat("a", 101), Role: hone.RoleViewer},
		"a line break":        {Name: "a\nb", Role: hone.RoleViewer},
		"no text":             {Name: "a\xff", Role: hone.RoleViewer},
		"a long time":         {Name: "it", Role: hone.RoleViewer, Expires: hone.Duration(hone.LongestToken + 1)},
		"too many namespaces": {Name: "it", Role: hone.RoleViewer, Namespaces: slices.Repeat([]string{"a"}, 1001)},
	} {
		_, err := w.CreateToken(t.Context(), r)
		require.ErrorIs(t, err, hone.InvalidArgument, name)
	}
	listed, err := w.Tokens(t.Context())
	require.NoError(t, err)
	require.Empty(t, listed)
}

func TestTokensAreListedOldestFirstAndAreCopies(t *testing.T) {
	w := newWorld(t)
	var want []hone.Token
	for i := range 20 {
		w.now = w.now.Add(time.Minute)
		issued := w.issue(hone.TokenRequest{Name: fmt.Sprint(i), Role: hone.RoleViewer, Namespaces: []string{"a"}, Expires: hone.Duration(time.Hour)})
		issued.Namespaces[0] = "a"
		want = append(want, issued.Token)
	}
	for range 2 {
		listed, err := w.Tokens(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, listed)
		listed[3].Namespaces[0], *listed[3].Expires = "scribbled", time.Time{}
	}
	again, err := w.keeper(access.Options{Initial: strings.Repeat("x", 32)}).Tokens(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, again, "after another start too; the token of the file is not among them")
}

func TestTheTokenOfTheFileIsAnAdminsAndStandsInNoStore(t *testing.T) {
	w := newWorld(t)
	const secret = "0123456789abcdef0123456789abcdef"
	k := w.keeper(access.Options{Initial: secret})
	require.True(t, k.Configured())
	caller, err := k.Authorize(t.Context(), secret, hone.Access{Role: hone.RoleAdmin, Everywhere: true})
	require.NoError(t, err)
	require.Equal(t, hone.Caller{ID: access.FileID, Name: "token file"}, caller)
	stored, err := w.store.Tokens(t.Context())
	require.NoError(t, err)
	require.Empty(t, stored)
	err = k.RevokeToken(t.Context(), access.FileID)
	require.ErrorIs(t, err, hone.Conflict)
	require.ErrorContains(t, err, "stands in the token file")
}

func TestAStoreThatIsBrokenIsNotPassedOver(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.store.PutToken(t.Context(), hone.StoredToken{Token: hone.Token{ID: "odd"}, Hash: []byte("short")}))
	_, err := access.New(t.Context(), access.Options{Store: w.store})
	require.ErrorIs(t, err, hone.DataLoss)
	require.ErrorContains(t, err, "odd")
}

// TestTokensInAnyOrder holds the keeper against a model: what was given and not taken back works, before and
// after another start.
func TestTokensInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		given := map[string]hone.IssuedToken{} // by ID
		var secrets []string
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			ids := make([]string, 0, len(given))
			for id := range given {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			switch step := rapid.IntRange(0, 3).Draw(rt, "step"); {
			case step == 0 && len(ids) > 0:
				id := rapid.SampledFrom(ids).Draw(rt, "revoked")
				require.NoError(rt, w.RevokeToken(t.Context(), id))
				delete(given, id)
			case step == 1:
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 40).Draw(rt, "minutes")) * time.Minute)
			case step == 2:
				w.Keeper = w.keeper(access.Options{Random: w.Random})
			default:
				issued := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleViewer,
					Expires: hone.Duration(time.Duration(rapid.IntRange(0, 2).Draw(rt, "hours")) * time.Hour)})
				given[issued.ID], secrets = issued, append(secrets, issued.Secret)
			}
			works := map[string]bool{}
			for _, i := range given {
				works[i.Secret] = i.Expires == nil || w.now.Before(*i.Expires)
			}
			for _, secret := range secrets {
				require.Equal(rt, works[secret], w.authorize(secret, viewing()) == nil)
			}
			listed, err := w.Tokens(t.Context())
			require.NoError(rt, err)
			require.Len(rt, listed, len(given))
		}
	})
}

func TestTokensAreGivenAndTakenByManyAtOnce(t *testing.T) {
	w := newWorld(t)
	w.Random = &locked{r: w.Random}
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 50 {
				issued, err := w.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
				if err != nil || w.authorize(issued.Secret, viewing()) != nil || w.RevokeToken(t.Context(), issued.ID) != nil ||
					w.authorize(issued.Secret, viewing()) == nil {
					t.Error("a token did not do what it should")
				}
			}
		})
	}
	workers.Wait()
	listed, err := w.Tokens(t.Context())
	require.NoError(t, err)
	require.Empty(t, listed)
}

// locked is a source of randomness for several goroutines, as crypto/rand is.
type locked struct {
	mu sync.Mutex
	r  io.Reader
}

func (l *locked) Read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.Read(p)
}
