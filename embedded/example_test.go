package embedded_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
)

// What is kept in a directory can be gone on with later, and looked at with `hone leaderboard`.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "hone")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	type params struct {
		X float64 `hone:"x,min=-1,max=1"`
	}
	square := func(_ context.Context, p params, _ client.Reporter) (float64, error) { return p.X * p.X, nil }
	for range 2 {
		service, err := embedded.Open(dir, embedded.Options{})
		if err != nil {
			log.Fatal(err)
		}
		result, err := client.Optimize(context.Background(), service, hone.Experiment{Name: "square", Spec: hone.Spec{
			Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize},
			Budget:    hone.Budget{Trials: 10},
		}}, square)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(result.Trials), result.Experiment.Status.State)
		if err := service.Close(); err != nil {
			log.Fatal(err)
		}
	}
	// Output:
	// 10 Succeeded
	// 10 Succeeded
}
