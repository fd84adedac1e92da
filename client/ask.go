package client

import (
	"context"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Ask gives up to the count of trials of an external experiment that are wanted, to be run by the caller.
// With a Client, it is asked once more when the connection breaks: the answer is the same.
func (c *Client) Ask(ctx context.Context, n hone.Name, r hone.AskRequest) (hone.AskReply, error) {
	body, err := encode(r)
	if err != nil {
		return hone.AskReply{}, err
	}
	var reply wire.AskReply
	if err := c.call(ctx, request{op: wire.Ask, name: n, body: body, repeatable: r.Client != ""}, &reply); err != nil {
		return hone.AskReply{}, err
	}
	return reply.Reply(n.Name), nil
}

// Tell ends a trial that was asked for. Telling the same again does no harm, so that it is told once more when
// the connection breaks.
func (c *Client) Tell(ctx context.Context, n hone.Name, number int, r hone.TellRequest) (hone.Trial, error) {
	body, err := encode(r)
	if err != nil {
		return hone.Trial{}, err
	}
	return c.trial(ctx, request{op: wire.Tell, name: n, body: body, repeatable: true}, number)
}
