package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hone-tuner/hone/examples/digits/trainer"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "digits:", err)
		os.Exit(1)
	}
}

// run trains one network as the flags say. It prints each epoch as soon as it is over, so that whoever
// follows the output can stop a hopeless run early.
func run(args []string, stdout, stderr io.Writer) error {
	c, test, err := parse(args, stderr)
	if err != nil {
		return err
	}
	data, err := trainer.Load()
	if err != nil {
		return err
	}
	best, err := trainer.Train(c, data, func(e trainer.Epoch) error {
		_, err := fmt.Fprintf(stdout, "epoch=%d loss=%.4f accuracy=%.4f val_loss=%.4f\n", e.Number, e.Loss, e.Accuracy, e.ValidationLoss)
		return err
	})
	if err != nil || !test {
		return err
	}
	_, accuracy := best.Evaluate(data.Test)
	_, err = fmt.Fprintf(stdout, "test_accuracy=%.4f\n", accuracy)
	return err
}

// parse reads the flags. Their defaults are a decent network, so that the program is useful alone.
func parse(args []string, stderr io.Writer) (c trainer.Config, test bool, err error) {
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
	flags.BoolVar(&test, "test", false, "at the end, print the accuracy on the test images, with the weights of the best epoch")
	if err := flags.Parse(args); err != nil {
		return c, test, err
	}
	if flags.NArg() > 0 {
		return c, test, fmt.Errorf("there are no arguments besides flags, but got %q", flags.Arg(0))
	}
	return c, test, c.Validate()
}
