package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hone-tuner/hone/examples/digits/events"
	"github.com/hone-tuner/hone/examples/digits/team"
	"github.com/hone-tuner/hone/examples/digits/trainer"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr, os.Getenv); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "digits:", err)
		os.Exit(1)
	}
}

// patience is how long a process waits for the others that train with it.
const patience = 5 * time.Minute

// run trains one network as the flags say, alone or in a team. The first of a team reports each epoch as soon as it is
// over, so that whoever follows can stop a hopeless run early.
func run(args []string, stdout, stderr io.Writer, getenv func(string) string) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	data, err := trainer.Load()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	members, err := team.Join(ctx, getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, members.Close()) }()
	report, done := func(trainer.Epoch) error { return nil }, func() error { return nil }
	if members.Rank() == 0 {
		if report, done, err = newReport(o.tensorboard, stdout); err != nil {
			return err
		}
	}
	best, err := trainer.TrainTogether(o.Config, members, data, report)
	if err = errors.Join(err, done()); err != nil || !o.test || members.Rank() > 0 {
		return err
	}
	_, accuracy := best.Evaluate(data.Test)
	_, err = fmt.Fprintf(stdout, "test_accuracy=%.4f\n", accuracy)
	return err
}

// newReport makes what reports an epoch: it prints a line, or writes an event into a folder.
func newReport(folder string, stdout io.Writer) (report func(trainer.Epoch) error, done func() error, err error) {
	if folder == "" {
		return func(e trainer.Epoch) error {
			_, err := fmt.Fprintf(stdout, "epoch=%d loss=%.4f accuracy=%.4f val_loss=%.4f\n", e.Number, e.Loss, e.Accuracy, e.ValidationLoss)
			return err
		}, func() error { return nil }, nil
	}
	w, err := events.Create(folder, time.Now)
	if err != nil {
		return nil, nil, err
	}
	return func(e trainer.Epoch) error {
		return w.Add(e.Number, events.Scalar{Tag: "loss", Value: e.Loss}, events.Scalar{Tag: "accuracy", Value: e.Accuracy},
			events.Scalar{Tag: "val_loss", Value: e.ValidationLoss})
	}, w.Close, nil
}

// options are what the flags say.
type options struct {
	trainer.Config
	test        bool
	tensorboard string
}

// parse reads the flags. Their defaults are a decent network, so that the program is useful alone.
func parse(args []string, stderr io.Writer) (c options, err error) {
	flags := flag.NewFlagSet("digits", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&c.Epochs, "epochs", 30, "passes over the training images")
	flags.IntVar(&c.Layers, "layers", 1, "hidden layers")
	flags.IntVar(&c.Width, "width", 64, "units of a hidden layer")
	flags.IntVar(&c.Batch, "batch", 32, "images between two updates")
	flags.StringVar(&c.Optimizer, "optimizer", "adam", "sgd or adam")
	flags.Float64Var(&c.Rate, "lr", 0.001, "learning rate")
	flags.Float64Var(&c.Momentum, "momentum", 0, "momentum of sgd, in [0, 1)")
	flags.Float64Var(&c.Dropout, "dropout", 0, "share of hidden units left out while training, in [0, 1)")
	flags.Float64Var(&c.Decay, "weight-decay", 0, "weight of the L2 penalty")
	flags.Uint64Var(&c.Seed, "seed", 1, "seed of everything random")
	flags.BoolVar(&c.test, "test", false, "at the end, print the accuracy on the test images, with the weights of the best epoch")
	flags.StringVar(&c.tensorboard, "tensorboard", "", "write the epochs as an event file into this folder, instead of printing them")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("there are no arguments besides flags, but got %q", flags.Arg(0))
	}
	return c, c.Validate()
}
