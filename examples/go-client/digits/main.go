// Command digits tunes a neural network that is trained in this program, several at a time. Each training reports
// its accuracy after every epoch, and ends early when it is worse than the others were.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/hone-tuner/hone/examples/digits/trainer"
)

// params is the search space. Momentum is nil unless the optimizer is sgd.
type params struct {
	LR        float64  `hone:"lr,min=1e-4,max=1e-1,log"`
	Layers    int      `hone:"layers,min=1,max=3"`
	Width     int      `hone:"width,values=32|64|128|256"`
	Batch     int      `hone:"batch,values=32|64|128|256"`
	Dropout   float64  `hone:"dropout,min=0,max=0.5,step=0.05"`
	Decay     float64  `hone:"weight_decay,min=1e-6,max=1e-2,log"`
	Optimizer string   `hone:"optimizer,values=sgd|adam"`
	Momentum  *float64 `hone:"momentum,min=0,max=0.99,when=optimizer:sgd"`
}

// config is what the trainer makes of them.
func (p params) config(epochs int) trainer.Config {
	c := trainer.Config{Epochs: epochs, Layers: p.Layers, Width: p.Width, Batch: p.Batch, Optimizer: p.Optimizer,
		Rate: p.LR, Dropout: p.Dropout, Decay: p.Decay, Seed: 1}
	if p.Momentum != nil {
		c.Momentum = *p.Momentum
	}
	return c
}

func experiment(trials int) hone.Experiment {
	return hone.Experiment{Name: "digits-in-process", Spec: hone.Spec{
		Objective:   hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		SearchSpace: hone.SearchSpace{Constraints: []string{"layers * width <= 384"}}, // the struct has the parameters
		Algorithm:   hone.AlgorithmSpec{Seed: new(uint64(7))},
		Budget:      hone.Budget{Trials: trials},
		EarlyStopping: hone.EarlyStoppingSpec{Name: "median", Settings: map[string]hone.Value{
			"warmupSteps": hone.Number(5)}},
	}}
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("digits", flag.ContinueOnError)
	server := flags.String("server", "", "address of a server, such as http://127.0.0.1:7070; none: in this program")
	data := flags.String("data", ".hone", "data directory, without a server")
	trials := flags.Int("trials", 48, "how many networks are trained")
	epochs := flags.Int("epochs", 60, "passes over the images of each")
	workers := flags.Int("workers", 2, "trainings at a time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	images, err := trainer.Load()
	if err != nil {
		return err
	}
	service, closeService, err := open(*server, *data)
	if err != nil {
		return err
	}
	defer closeService()

	train := func(_ context.Context, p params, r client.Reporter) (float64, error) {
		best := 0.0
		_, err := trainer.Train(p.config(*epochs), images, func(e trainer.Epoch) error {
			best = max(best, e.Accuracy)
			return r.ReportMetrics(e.Number, map[string]float64{"accuracy": e.Accuracy, "loss": e.Loss})
		})
		return best, err
	}
	logger := hclog.New(&hclog.LoggerOptions{Name: "digits", Output: os.Stderr})
	result, err := client.Optimize(ctx, service, experiment(*trials), train, client.Workers(*workers), client.Logger(logger))
	if err != nil {
		return err
	}
	counts := result.Experiment.Status.Counts
	_, err = fmt.Fprintf(stdout, "%d trials, %d of them stopped early; best %s: accuracy %.4f with %s\n", len(result.Trials),
		counts.EarlyStopped, result.Best.Name(), *result.Best.Value, result.Best.Parameters)
	return err
}

// open finds a service: a server, or one in this program.
func open(server, data string) (hone.Service, func(), error) {
	if server != "" {
		c := client.New(client.Options{BaseURL: server, Token: os.Getenv("HONE_TOKEN")})
		return c, c.Close, nil
	}
	s, err := embedded.Open(data, embedded.Options{})
	return s, func() {
		if err := s.Close(); err != nil {
			log.Print(err)
		}
	}, err
}
