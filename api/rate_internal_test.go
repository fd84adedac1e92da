package api

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestWhatIsRememberedOfCallersIsBounded holds the memory against a list of those that were seen last.
func TestWhatIsRememberedOfCallersIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 5).Draw(t, "limit")
		r := newRecent[int](limit)
		var keys []string // the last seen first
		values := map[string]int{}
		for step := range rapid.IntRange(1, 100).Draw(t, "steps") {
			key := fmt.Sprint(rapid.IntRange(0, 8).Draw(t, "key"))
			known := slices.Contains(keys, key)
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				v, found := r.get(key)
				require.Equal(t, known, found)
				if found {
					require.Equal(t, values[key], v)
				}
			case 1:
				r.drop(key)
				keys = slices.DeleteFunc(keys, func(k string) bool { return k == key })
				continue
			default:
				if !known {
					values[key] = step
				}
				require.Equal(t, values[key], r.put(key, func() int { return step }))
				known = true
			}
			if known {
				keys = slices.DeleteFunc(keys, func(k string) bool { return k == key })
				keys = append([]string{key}, keys...)
				keys = keys[:min(len(keys), limit)]
			}
			require.Equal(t, len(keys), len(r.known))
			require.Equal(t, len(keys), r.order.Len())
		}
	})
}

func TestManyAddressesTakeNoMoreMemory(t *testing.T) {
	r := newRates(1, 1, time.Now)
	for i := range 3 * rememberedCallers {
		require.NoError(t, r.take(fmt.Sprint(i)))
	}
	require.Len(t, r.callers.known, rememberedCallers)
}
