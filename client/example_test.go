package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/client/typed"
	"github.com/hone-tuner/hone/embedded"
)

// training is what the trials of the examples vary.
type training struct {
	LR        float64  `hone:"lr,min=1e-5,max=1e-1,log"`
	Layers    int      `hone:"layers,min=1,max=4"`
	Optimizer string   `hone:"optimizer,values=sgd|adam"`
	Momentum  *float64 `hone:"momentum,min=0,max=0.99,when=optimizer:sgd"`
}

// experiment is the one of the examples. Its seed makes the trials the same each time.
func experiment(trials int) hone.Experiment {
	return hone.Experiment{Name: "digits", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		Algorithm: hone.AlgorithmSpec{Name: "random", Seed: new(uint64(7))},
		Budget:    hone.Budget{Trials: trials},
	}}
}

// withSpace is the experiment with its parameters, as Submit wants it.
func withSpace(trials int) hone.Experiment {
	e := experiment(trials)
	e.Spec.SearchSpace = hone.NewSpace(
		hone.Double("lr", 1e-5, 1e-1).Log(),
		hone.Int("layers", 1, 4),
	)
	return e
}

// service is in this program; client.New makes one that is elsewhere.
func service() *embedded.Service {
	s, err := embedded.Open("", embedded.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return s
}

func ExampleOptimize() {
	s := service()
	defer s.Close()

	train := func(_ context.Context, p training, _ client.Reporter) (float64, error) {
		accuracy := 0.9 + 0.02*float64(p.Layers)
		if p.Momentum != nil { // there with sgd only
			accuracy += 0.01 * *p.Momentum
		}
		return accuracy, nil
	}
	result, err := client.Optimize(context.Background(), s, experiment(20), train)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Experiment.Status.Reason, len(result.Trials))
	fmt.Println(result.Best.Name(), result.Best.Params.Layers, result.Best.Params.Optimizer)
	// Output:
	// BudgetSpent 20
	// digits-0018 4 sgd
}

// A function that reports its readings can be stopped early: it returns the error, and what it reported counts.
func ExampleReporter() {
	s := service()
	defer s.Close()

	e := experiment(4)
	e.Spec.EarlyStopping = hone.EarlyStoppingSpec{Name: "threshold", Settings: map[string]hone.Value{"lower": hone.Number(0.75)}}
	train := func(_ context.Context, _ training, r client.Reporter) (float64, error) {
		accuracy := 0.0
		for epoch := 1; epoch <= 3; epoch++ {
			accuracy = 0.9 - 0.2/float64(epoch*r.Trial().Number)
			if err := r.Report(epoch, accuracy); err != nil {
				return 0, err
			}
		}
		return accuracy, nil
	}
	result, err := client.Optimize(context.Background(), s, e, train)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range result.Trials {
		fmt.Printf("%s %-12s %.2f\n", t.Name(), t.State, *t.Value)
	}
	// Output:
	// digits-0001 EarlyStopped 0.70
	// digits-0002 Succeeded    0.87
	// digits-0003 Succeeded    0.88
	// digits-0004 Succeeded    0.88
}

// A program works on an experiment that another one has submitted.
func ExampleWork() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	submitted, err := client.Submit(ctx, s, withSpace(5))
	if err != nil {
		log.Fatal(err)
	}

	x := client.Open(s, submitted.Name())
	train := func(_ context.Context, p hone.Assignments, _ client.Reporter) (float64, error) {
		layers, _ := p.Get("layers")
		return layers.Float() / 4, nil
	}
	result, err := client.Work(ctx, x, train, client.Workers(2))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(result.Trials), *result.Best.Value)
	// Output: 5 0.5
}

func ExampleSubmit() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(5))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(x.Name())

	_, err = client.Submit(ctx, s, withSpace(5)) // the same: it goes on
	fmt.Println(err)

	other := withSpace(5)
	other.Spec.Objective.Goal = hone.Minimize
	_, err = client.Submit(ctx, s, other)
	var fields hone.FieldErrors
	if errors.As(err, &fields) {
		fmt.Println(fields)
	}
	// Output:
	// digits
	// <nil>
	// spec.objective.goal: "maximize" → "minimize"
}

func ExampleExperiment_Wait() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(3))
	if err != nil {
		log.Fatal(err)
	}
	go work(x, 3) // this could be another program

	e, err := x.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(e.Status.State, e.Status.Reason, e.Status.Best.Trial)
	// Output: Succeeded BudgetSpent digits-0003
}

func ExampleExperiment_Watch() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(2))
	if err != nil {
		log.Fatal(err)
	}
	go work(x, 2)

	for ev, err := range x.Watch(ctx, 0) {
		if err != nil {
			log.Fatal(err)
		}
		if ev.Type == hone.EventTrialEnded || ev.Type == hone.EventEnded {
			fmt.Println(ev.Type, ev.Trial, ev.State)
		}
	}
	// Output:
	// TrialEnded 1 Succeeded
	// TrialEnded 2 Succeeded
	// Ended 0 Succeeded
}

func ExampleExperiment_Best() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(3))
	if err != nil {
		log.Fatal(err)
	}
	_, err = x.Best(ctx)
	fmt.Println(errors.Is(err, hone.NotFound), err)

	work(x, 3)
	best, err := x.Best(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(best.Trial, best.Value)
	// Output:
	// true no trial of experiment "digits" has a value yet
	// digits-0003 0.93
}

func ExampleExperiment_Leaderboard() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(3))
	if err != nil {
		log.Fatal(err)
	}
	work(x, 3)

	board, err := x.Leaderboard(ctx, 2)
	if err != nil {
		log.Fatal(err)
	}
	for _, t := range board.Trials {
		fmt.Println(t.Rank, t.Trial, *t.Value)
	}
	// Output:
	// 1 digits-0003 0.93
	// 2 digits-0002 0.92
}

// Ask, Report and Tell are what Optimize does, for loops of one's own.
func ExampleExperiment_Ask() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(2))
	if err != nil {
		log.Fatal(err)
	}
	for {
		reply, err := x.Ask(ctx, hone.AskRequest{Client: "worker-1", Lease: hone.Duration(time.Minute)})
		if err != nil {
			log.Fatal(err)
		}
		if reply.State.Ended() {
			break
		}
		for _, t := range reply.Trials {
			layers, _ := t.Parameters.Get("layers")
			stop, err := x.Report(ctx, t, hone.Measurement{Metric: "accuracy", Value: 0.5, Step: new(int64(1))})
			if err != nil {
				log.Fatal(err)
			}
			end := hone.TellRequest{State: hone.TrialSucceeded, Metrics: map[string]hone.Float{"accuracy": 0.9}}
			if t, err = x.Tell(ctx, t, end); err != nil {
				log.Fatal(err)
			}
			fmt.Println(t.Name(), layers, stop, t.State)
		}
	}
	// Output:
	// digits-0001 1 false Succeeded
	// digits-0002 1 false Succeeded
}

// A worker that has to leave gives its trial back, for another one.
func ExampleExperiment_GiveBack() {
	s := service()
	defer s.Close()
	ctx := context.Background()
	x, err := client.Submit(ctx, s, withSpace(1))
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		reply, err := x.Ask(ctx, hone.AskRequest{})
		if err != nil {
			log.Fatal(err)
		}
		t := reply.Trials[0]
		fmt.Println(t.Name(), "attempt", t.Attempt)
		if err := x.GiveBack(ctx, t); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// digits-0001 attempt 1
	// digits-0001 attempt 2
}

// The initial points of an experiment can be given as structs.
func ExampleExperiment_typed() {
	s := service()
	defer s.Close()
	space, err := typed.SpaceOf[training]()
	if err != nil {
		log.Fatal(err)
	}
	known, err := space.Point(training{LR: 0.01, Layers: 2, Optimizer: "adam"})
	if err != nil {
		log.Fatal(err)
	}
	e := experiment(3)
	e.Spec.Initial = []map[string]hone.Value{known}
	result, err := client.Optimize(context.Background(), s, e, func(_ context.Context, p training, _ client.Reporter) (float64, error) {
		return p.LR, nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Trials[0].Origin, result.Trials[0].Parameters)
	// Output: initial lr=0.01, layers=2, optimizer=adam
}

// work runs trials by hand: each next one is a little better.
func work(x *client.Experiment, trials int) {
	ctx := context.Background()
	for n := range trials {
		reply, err := x.Ask(ctx, hone.AskRequest{Client: "example"})
		if err != nil {
			log.Fatal(err)
		}
		end := hone.TellRequest{State: hone.TrialSucceeded, Metrics: map[string]hone.Float{"accuracy": 0.91 + hone.Float(n)/100}}
		if _, err := x.Tell(ctx, reply.Trials[0], end); err != nil {
			log.Fatal(err)
		}
	}
}
