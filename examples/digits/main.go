package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
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
	data, err := loadDigits()
	if err != nil {
		return err
	}
	best, err := train(c, data, func(e epoch) error {
		_, err := fmt.Fprintf(stdout, "epoch=%d loss=%.4f accuracy=%.4f val_loss=%.4f\n", e.number, e.loss, e.accuracy, e.validationLoss)
		return err
	})
	if err != nil || !test {
		return err
	}
	_, accuracy := best.evaluate(data.test)
	_, err = fmt.Fprintf(stdout, "test_accuracy=%.4f\n", accuracy)
	return err
}

// parse reads the flags. Their defaults are a decent network, so that the program is useful alone.
func parse(args []string, stderr io.Writer) (c config, test bool, err error) {
	flags := flag.NewFlagSet("digits", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&c.epochs, "epochs", 30, "passes over the training images")
	flags.IntVar(&c.layers, "layers", 1, "hidden layers")
	flags.IntVar(&c.width, "width", 64, "units of a hidden layer")
	flags.IntVar(&c.batch, "batch", 32, "images between two updates")
	flags.StringVar(&c.optimizer, "optimizer", "adam", "sgd or adam")
	flags.Float64Var(&c.rate, "lr", 0.001, "learning rate")
	flags.Float64Var(&c.momentum, "momentum", 0, "momentum of sgd, in [0, 1)")
	flags.Float64Var(&c.dropout, "dropout", 0, "share of hidden units left out while training, in [0, 1)")
	flags.Float64Var(&c.decay, "weight-decay", 0, "weight of the L2 penalty")
	flags.Uint64Var(&c.seed, "seed", 1, "seed of everything random")
	flags.BoolVar(&test, "test", false, "at the end, print the accuracy on the test images, with the weights of the best epoch")
	if err := flags.Parse(args); err != nil {
		return c, test, err
	}
	if flags.NArg() > 0 {
		return c, test, fmt.Errorf("there are no arguments besides flags, but got %q", flags.Arg(0))
	}
	return c, test, c.validate()
}
