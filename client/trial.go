package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// GetTrial returns a trial by number.
func (c *Client) GetTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return c.trial(ctx, get(wire.GetTrial, n), number)
}

// StopTrial ends a running or pending trial as Stopped.
func (c *Client) StopTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return c.trial(ctx, request{op: wire.StopTrial, name: n}, number)
}

// RetryTrial takes a Failed or Stopped trial back to Pending.
func (c *Client) RetryTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	return c.trial(ctx, request{op: wire.RetryTrial, name: n}, number)
}

func (c *Client) trial(ctx context.Context, r request, number int) (hone.Trial, error) {
	r.trial = hone.TrialName(r.name.Name, number)
	var t wire.Trial
	if err := c.call(ctx, r, &t); err != nil {
		return hone.Trial{}, err
	}
	return t.Of(r.name.Name), nil
}

// ListTrials returns one page of trials; AllTrials goes through all pages. The page's cursor is the number
// of its last trial: the After of the next page.
func (c *Client) ListTrials(ctx context.Context, n hone.Name, f hone.TrialFilter) (hone.TrialPage, error) {
	r := get(wire.ListTrials, n)
	r.query = url.Values{}
	for _, s := range f.States {
		r.query.Add("state", string(s))
	}
	setCount(r.query, "limit", f.Limit)
	setCount(r.query, "cursor", f.After)
	var l wire.TrialList
	if err := c.call(ctx, r, &l); err != nil {
		return hone.TrialPage{}, err
	}
	return l.Page(n.Name), nil
}

// AllTrials goes through the trials that the filter chooses, page by page; f.Limit bounds how many there
// are in all. An error is the last thing that it yields.
func (c *Client) AllTrials(ctx context.Context, n hone.Name, f hone.TrialFilter) iter.Seq2[hone.Trial, error] {
	return pages(f.Limit, strconv.Itoa(f.After), func(limit int, cursor string) ([]hone.Trial, string, error) {
		after, err := strconv.Atoi(cursor)
		if err != nil {
			return nil, "", hone.Errorf(hone.Internal, "the server gave the cursor %q, which is not the number of a trial", cursor)
		}
		f.Limit, f.After = limit, after
		p, err := c.ListTrials(ctx, n, f)
		return p.Trials, p.Cursor, err
	})
}

// Leaderboard returns the ranking of an experiment's trials.
func (c *Client) Leaderboard(ctx context.Context, n hone.Name, q hone.LeaderboardQuery) (b hone.Leaderboard, err error) {
	r := get(wire.Leaderboard, n)
	r.query = url.Values{}
	setCount(r.query, "top", q.Top)
	setFlag(r.query, "imported", q.Imported)
	setFlag(r.query, "curves", q.Curves)
	err = c.call(ctx, r, &b)
	return b, err
}
