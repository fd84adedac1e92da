// Command probe is the program of the test pods: it prints, resolves names, fetches pages and serves one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does one thing after the other: say=TEXT, wait=DURATION, resolve=NAME, get=URL, serve=PORT (until SIGTERM),
// copy=FROM:TO, fail=CODE. What the network refuses is tried again for a minute. $(NAME) in the arguments is for Kubernetes.
func run(ctx context.Context, steps []string, out io.Writer) error {
	for _, step := range steps {
		what, value, _ := strings.Cut(step, "=")
		if err := do(ctx, what, value, out); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

func do(ctx context.Context, what, value string, out io.Writer) error {
	switch what {
	case "say":
		fmt.Fprintln(out, value)
	case "wait":
		pause, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	case "resolve":
		return again(ctx, func() error {
			addresses, err := net.DefaultResolver.LookupHost(ctx, value)
			fmt.Fprintln(out, value, addresses)
			return err
		})
	case "get":
		return again(ctx, func() error { return get(ctx, value, out) })
	case "serve":
		return serve(ctx, value)
	case "copy":
		from, to, _ := strings.Cut(value, ":")
		data, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o755)
	case "fail":
		code, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		os.Exit(code)
	default:
		return errors.New("unknown step")
	}
	return nil
}

func again(ctx context.Context, try func() error) error {
	for end := time.Now().Add(time.Minute); ; {
		err := try()
		if err == nil || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func get(ctx context.Context, url string, out io.Writer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	_, err = io.Copy(out, response.Body)
	return err
}

func serve(ctx context.Context, port string) error {
	server := &http.Server{Addr: ":" + port, ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "served") })}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
