package team_test

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/examples/digits/team"
)

func environment(size, rank int, port string) func(string) string {
	env := map[string]string{"WORLD_SIZE": strconv.Itoa(size), "RANK": strconv.Itoa(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
	return func(name string) string { return env[name] }
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	require.NoError(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // it is TCP
}

// assemble makes a team; somebody else calls its first member, too.
func assemble(t *testing.T, size int) []*team.Team {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	port := freePort(t)
	members := make([]*team.Team, size)
	var wg sync.WaitGroup
	for rank := range size {
		wg.Go(func() {
			m, err := team.Join(ctx, environment(size, rank, port))
			if err != nil {
				t.Errorf("rank %d: %v", rank, err)
			}
			members[rank] = m
		})
	}
	for range 3 { // a stranger, who is sent away
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil { //nolint:noctx // this machine
			_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
			_ = c.Close()
		}
	}
	wg.Wait()
	require.False(t, t.Failed())
	return members
}

func TestAllGetTheSameSum(t *testing.T) {
	members := assemble(t, 4)
	sums := make([][]float64, 4)
	var wg sync.WaitGroup
	for rank, m := range members {
		wg.Go(func() {
			require.Equal(t, []int{rank, 4}, []int{m.Rank(), m.Size()}) //nolint:testifylint // it ends this goroutine only
			for round := range 50 {
				sums[rank] = []float64{float64(rank), 0.1 * float64(round), 1e300}
				if err := m.Sum(sums[rank]); err != nil {
					t.Errorf("rank %d: %v", rank, err)
				}
			}
		})
	}
	wg.Wait()
	for _, sum := range sums {
		require.Equal(t, sums[0], sum)
	}
	require.InDelta(t, 6, sums[0][0], 0)
	require.InDelta(t, 19.6, sums[0][1], 1e-9)
	for _, m := range members {
		require.NoError(t, m.Close())
	}
}

func TestOneThatLeavesIsNamed(t *testing.T) {
	members := assemble(t, 2)
	require.NoError(t, members[1].Close())
	require.ErrorContains(t, members[0].Sum([]float64{1}), "rank 1 has left")
	members = assemble(t, 2)
	require.NoError(t, members[0].Close())
	require.ErrorContains(t, members[1].Sum([]float64{1}), "rank 0 has left")
}

func TestWhoIsAlone(t *testing.T) {
	for _, size := range []string{"", "1"} {
		m, err := team.Join(t.Context(), func(name string) string { return map[string]string{"WORLD_SIZE": size}[name] })
		require.NoError(t, err)
		require.Equal(t, []int{0, 1}, []int{m.Rank(), m.Size()})
		require.NoError(t, m.Close())
	}
}

func TestPlacesThatDoNotExist(t *testing.T) {
	for _, env := range []func(string) string{environment(2, 2, ""), environment(2, -1, ""), func(name string) string { return map[string]string{"WORLD_SIZE": "2"}[name] }} {
		_, err := team.Join(t.Context(), env)
		require.ErrorContains(t, err, "RANK must be from 0 to 1")
	}
	_, err := team.Join(t.Context(), func(string) string { return "two" })
	require.ErrorContains(t, err, `WORLD_SIZE must be a number, not "two"`)
}

func TestNobodyComes(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for rank := range 2 {
		_, err := team.Join(ctx, environment(2, rank, freePort(t)))
		require.ErrorContains(t, err, "found no team")
	}
}
