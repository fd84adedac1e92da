package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/hone-tuner/hone/internal/timerslack"
)

func main() {
	if slices.ContainsFunc(os.Args[1:], func(word string) bool { return word == "run" || word == "serve" }) { // it may come to own the data directory; anything else called so loses 10 ms
		timerslack.Restart()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for an orderly end; from then on the second one is deadly, as ever.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program: it executes the command of args and returns the exit code. The first end of
// ctx is what Ctrl-C is on a terminal.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newApp(stdin, stdout, stderr).run(ctx, args)
}
