// Command first is the least that a Go program does to tune something.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
)

type params struct {
	X float64 `hone:"x,min=-5,max=5"`
	Y float64 `hone:"y,min=-5,max=5"`
}

func bowl(_ context.Context, p params, _ client.Reporter) (float64, error) {
	return p.X*p.X + p.Y*p.Y, nil
}

func main() {
	service, err := embedded.Open("", embedded.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = service.Close() }()
	result, err := client.Optimize(context.Background(), service, hone.Experiment{Name: "bowl", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize},
		Budget:    hone.Budget{Trials: 40},
	}}, bowl)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Best.Params, *result.Best.Value)
}
