// Package team lets several processes train one network: each works on its share of every batch, and they add up their
// gradients over TCP. The first of them (rank 0) listens, the others call it. They find each other as PyTorch's processes
// do, by MASTER_ADDR, MASTER_PORT, WORLD_SIZE and RANK, which training operators set. Join is the entry point. It imports
// the standard library only.
package team

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"time"
)

// hello begins every connection; the caller's rank and the size that it knows follow.
const hello = 0x64696769

// retryAfter is the pause before a caller tries again: the first process may not listen yet, or its name be unknown.
const retryAfter = 200 * time.Millisecond

// Team is a process's place among those that train together.
type Team struct {
	rank, size int
	members    []net.Conn // of rank 0: by rank-1; of the others: the connection to rank 0
	buffer     []byte
}

// Join waits until everybody is there. Without WORLD_SIZE, or with 1, the process is alone.
func Join(ctx context.Context, getenv func(string) string) (*Team, error) {
	size, err := number(getenv, "WORLD_SIZE", 1)
	if err != nil || size <= 1 {
		return &Team{size: 1}, err
	}
	rank, err := number(getenv, "RANK", -1)
	if err != nil || rank < 0 || rank >= size {
		return nil, fmt.Errorf("RANK must be from 0 to %d, not %q", size-1, getenv("RANK"))
	}
	t := &Team{rank: rank, size: size}
	port := cmp.Or(getenv("MASTER_PORT"), "23456")
	if rank == 0 {
		err = t.listen(ctx, ":"+port)
	} else {
		err = t.call(ctx, net.JoinHostPort(getenv("MASTER_ADDR"), port))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("rank %d of %d found no team: %w", rank, size, err), t.Close())
	}
	return t, nil
}

func number(getenv func(string) string, name string, missing int) (int, error) {
	text := getenv(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s must be a number, not %q", name, text)
	}
	return n, nil
}

// listen takes the calls of all others. Whoever calls and is none of them is sent away.
func (t *Team) listen(ctx context.Context, address string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	defer func() { _ = l.Close() }()
	t.members = make([]net.Conn, t.size-1)
	for here := 1; here < t.size; {
		c, err := l.Accept()
		if err != nil {
			return errors.Join(err, ctx.Err())
		}
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		var said [3]uint32
		err = binary.Read(c, binary.LittleEndian, &said)
		rank := int(said[1])
		if err != nil || said[0] != hello || int(said[2]) != t.size || rank < 1 || rank >= t.size || t.members[rank-1] != nil {
			_ = c.Close()
			continue
		}
		_ = c.SetReadDeadline(time.Time{})
		t.members[rank-1] = c
		here++
	}
	return nil
}

func (t *Team) call(ctx context.Context, address string) error {
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			t.members = []net.Conn{c}
			return binary.Write(c, binary.LittleEndian, [3]uint32{hello, uint32(t.rank), uint32(t.size)}) //nolint:gosec // small and not negative
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryAfter):
		}
	}
}

// Rank is the process's number, from 0, and Size how many there are.
func (t *Team) Rank() int { return t.rank }

// Size is how many processes there are.
func (t *Team) Size() int { return t.size }

// Sum adds up x over all processes; all get the same sum, to the last bit.
func (t *Team) Sum(x []float64) error {
	if t.rank == 0 {
		for i, c := range t.members {
			if err := t.receive(c, func(i int, value float64) { x[i] += value }, len(x)); err != nil {
				return fmt.Errorf("rank %d has left: %w", i+1, err)
			}
		}
		for i, c := range t.members {
			if err := t.send(c, x); err != nil {
				return fmt.Errorf("rank %d has left: %w", i+1, err)
			}
		}
		return nil
	}
	err := t.send(t.members[0], x)
	if err == nil {
		err = t.receive(t.members[0], func(i int, value float64) { x[i] = value }, len(x))
	}
	if err != nil {
		return fmt.Errorf("rank 0 has left: %w", err)
	}
	return nil
}

func (t *Team) send(c net.Conn, x []float64) error {
	t.buffer = t.buffer[:0]
	for _, value := range x {
		t.buffer = binary.LittleEndian.AppendUint64(t.buffer, math.Float64bits(value))
	}
	_, err := c.Write(t.buffer)
	return err
}

func (t *Team) receive(c net.Conn, take func(i int, value float64), n int) error {
	if cap(t.buffer) < 8*n {
		t.buffer = make([]byte, 8*n)
	}
	t.buffer = t.buffer[:8*n]
	if _, err := io.ReadFull(c, t.buffer); err != nil {
		return err
	}
	for i := range n {
		take(i, math.Float64frombits(binary.LittleEndian.Uint64(t.buffer[8*i:])))
	}
	return nil
}

// Close leaves the team.
func (t *Team) Close() (err error) {
	for _, c := range t.members {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	return err
}
