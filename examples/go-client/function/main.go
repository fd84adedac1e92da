// Command function finds the lowest point of a function of two numbers: the whole use of Hone in a Go program.
// It needs no server; with -server it works for one.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"os/signal"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
)

// params is the search space. Every trial gets such a struct.
type params struct {
	X float64 `hone:"x,min=-5,max=10"`
	Y float64 `hone:"y,min=0,max=15"`
}

// branin is Branin's function. It has three lowest points, where it is 0.397887.
func branin(_ context.Context, p params, _ client.Reporter) (float64, error) {
	a := p.Y - 5.1/(4*math.Pi*math.Pi)*p.X*p.X + 5/math.Pi*p.X - 6
	return a*a + 10*(1-1/(8*math.Pi))*math.Cos(p.X) + 10, nil
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("function", flag.ContinueOnError)
	server := flags.String("server", "", "address of a server, such as http://127.0.0.1:7070; none: in this program")
	data := flags.String("data", "", "data directory, without a server; none: in memory")
	trials := flags.Int("trials", 60, "how many points are tried")
	if err := flags.Parse(args); err != nil {
		return err
	}
	service, closeService, err := open(*server, *data)
	if err != nil {
		return err
	}
	defer closeService()

	result, err := client.Optimize(ctx, service, hone.Experiment{Name: "branin", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "height", Goal: hone.Minimize},
		Budget:    hone.Budget{Trials: *trials},
	}}, branin)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%d trials; best %s: height %.4f at x=%.3f y=%.3f\n", len(result.Trials), result.Best.Name(),
		*result.Best.Value, result.Best.Params.X, result.Best.Params.Y)
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
