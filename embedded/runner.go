package embedded

import (
	"context"
	"time"

	"github.com/hone-tuner/hone"
)

// functions stands where a server has its runner: here, trials are functions of the program, and no
// programs are started.
type functions struct{}

var (
	_ hone.Runner  = functions{}
	_ hone.Checker = functions{}
)

func refuse() error {
	return hone.Errorf(hone.Unimplemented, "no programs are started in a service that is embedded: "+
		"leave `trial` out of the experiment and run its trials with client.Optimize, or hand it to 'hone run'")
}

// Check refuses experiments that start programs.
func (functions) Check(context.Context, hone.Experiment) error { return refuse() }

// Start refuses.
func (functions) Start(context.Context, hone.Launch) (hone.Emission, error) {
	return hone.Emission{}, refuse()
}

// Wait says that nothing is known of an attempt.
func (functions) Wait(context.Context, hone.AttemptID) (hone.Exit, error) {
	return hone.Exit{Reason: hone.Lost, Message: "it was started by another process", Code: -1}, nil
}

// Stop does nothing.
func (functions) Stop(context.Context, hone.AttemptID, time.Duration) error { return nil }
