package typed

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzTag reads any tag, for a field of each type: it never panics, and says the same thing each time.
func FuzzTag(f *testing.F) {
	for _, seed := range []string{"", "lr,min=1e-5,max=1e-1,log", "o,values=sgd|adam", "m,when=a:b|c,when=d:1", ",", "x,min=,=,when=:", "x,values=|", "x,min=nan,step=-0"} {
		f.Add(seed)
	}
	types := []reflect.Type{reflect.TypeFor[float64](), reflect.TypeFor[int8](), reflect.TypeFor[uint64](), reflect.TypeFor[string](), reflect.TypeFor[bool]()}
	f.Fuzz(func(t *testing.T, text string) {
		tag, mistakes := parseTag(text)
		again, same := parseTag(text)
		require.Equal(t, tag, again)
		require.Equal(t, mistakes, same)
		for _, m := range mistakes {
			require.NotEmpty(t, strings.TrimSpace(m))
		}
		for _, typ := range types {
			p, mistakes := parameterOf(typ, tag)
			if len(mistakes) == 0 {
				require.NotEmpty(t, p.Type)
			}
		}
	})
}
