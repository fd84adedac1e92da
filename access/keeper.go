package access

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
)

// TokenLimit is how many tokens can be kept at once.
const TokenLimit = 10_000

// FileID is the ID of the caller who bears the token of the token file.
const FileID = "token-file"

// Options are what a Keeper works with. Only Store must be set.
type Options struct {
	// Store remembers the tokens. The keeper reads it once: its process must be the only one that writes it.
	Store hone.TokenStore
	// Initial is the secret of an admin's token that is not in the store; "" for none.
	Initial string
	// Clock tells the time; nil means time.Now.
	Clock hone.Clock
	// Random is where secrets come from; nil means crypto/rand.
	Random io.Reader
	// Logger hears of tokens that are made and revoked; nil for nobody.
	Logger hclog.Logger
}

// Keeper hands out tokens and lets in who bears one. All tokens are held in memory, by the hash of their
// secret: letting somebody in asks no disk. It is safe for concurrent use.
type Keeper struct {
	Options

	changing sync.Mutex // held while the store and the map below are changed together
	mu       sync.RWMutex
	tokens   map[digest]hone.Token
	closed   bool // there is a token, or there has been one since the start
}

var (
	_ hone.TokenService = (*Keeper)(nil)
	_ hone.Authorizer   = (*Keeper)(nil)
)

// New makes a keeper of the tokens in a store.
func New(ctx context.Context, o Options) (*Keeper, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	k := &Keeper{Options: o, tokens: map[digest]hone.Token{}}
	stored, err := o.Store.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range stored {
		if len(t.Hash) != len(digest{}) {
			return nil, hone.Errorf(hone.DataLoss, "token %q (%s) has a hash of %d bytes in the store: revoke it with the program that wrote it, "+
				"or restore the store from a backup", t.ID, t.Name, len(t.Hash))
		}
		k.tokens[digest(t.Hash)] = t.Token
	}
	if o.Initial != "" {
		k.tokens[digestOf(o.Initial)] = hone.Token{ID: FileID, Name: "token file", Role: hone.RoleAdmin}
	}
	k.closed = len(k.tokens) > 0
	return k, nil
}

// Configured reports whether callers need a token. It never falls back while the keeper lives: a last token
// that expires or is revoked opens nothing.
func (k *Keeper) Configured() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.closed
}

// Authorize implements hone.Authorizer.
func (k *Keeper) Authorize(_ context.Context, token string, a hone.Access) (hone.Caller, error) {
	if token == "" {
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "a token is missing: send it as the header Authorization: Bearer …")
	}
	// What is looked up is a hash: how long that takes says nothing of any secret.
	k.mu.RLock()
	t, found := k.tokens[digestOf(token)]
	k.mu.RUnlock()
	if !found {
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "this server does not know the token: it was revoked, or is meant for another server")
	}
	if t.Expires != nil && !k.Clock().Before(*t.Expires) {
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "the token %q has expired: ask for a new one", t.Name)
	}
	if err := permits(t, a); err != nil {
		return hone.Caller{}, err
	}
	return hone.Caller{ID: t.ID, Name: t.Name, Namespaces: slices.Clone(t.Namespaces)}, nil
}

// permits says why a token does not suffice, or nil.
func permits(t hone.Token, a hone.Access) error {
	switch limited := len(t.Namespaces) > 0; {
	case !t.Role.Includes(a.Role):
		return hone.Errorf(hone.PermissionDenied, "the token %q has the role %s, and this needs %s", t.Name, t.Role, orNone(a.Role))
	case limited && a.Everywhere:
		return hone.Errorf(hone.PermissionDenied, "the token %q is limited to %s, and this is about all namespaces", t.Name, namespaces(t))
	case limited && a.Namespace != "" && !slices.Contains(t.Namespaces, a.Namespace):
		return hone.Errorf(hone.PermissionDenied, "the token %q is limited to %s, and this is in %q", t.Name, namespaces(t), a.Namespace)
	}
	return nil
}

func orNone(r hone.Role) string {
	if r == "" {
		return "what no role has"
	}
	return string(r)
}

func namespaces(t hone.Token) string {
	const most = 5
	shown := t.Namespaces[:min(most, len(t.Namespaces))]
	text := "namespace " + shown[0]
	if len(shown) > 1 {
		text = "the namespaces " + strings.Join(shown, ", ")
	}
	if len(t.Namespaces) > most {
		text += ", …"
	}
	return text
}
