package controller

import (
	"context"

	"github.com/hone-tuner/hone"
)

// Ask implements hone.AskService.
func (c *Controller) Ask(ctx context.Context, n hone.Name, r hone.AskRequest) (hone.AskReply, error) {
	return hone.AskReply{}, hone.Errorf(hone.Unimplemented, "asking comes with the next commit")
}

// Tell implements hone.AskService.
func (c *Controller) Tell(ctx context.Context, n hone.Name, number int, r hone.TellRequest) (hone.Trial, error) {
	return hone.Trial{}, hone.Errorf(hone.Unimplemented, "telling comes with the next commit")
}
