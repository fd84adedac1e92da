// Command trainer is the program of trials in tests: it prints readings, and says when it is asked to end. Each
// argument is a step: steps=N print=PERIOD value=X (the metric climbs from X), fail=CODE, say=TEXT, wait=DURATION.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	go func() {
		<-asked
		fmt.Printf("asked to end at %s\n", time.Now().UTC().Format(time.RFC3339Nano))
		os.Exit(3)
	}()
	t := trainer{value: 0.5}
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if err := t.do(name, value); err != nil {
			fmt.Fprintln(os.Stderr, arg, err)
			os.Exit(2)
		}
	}
}

type trainer struct {
	pause time.Duration
	value float64
}

func (t *trainer) do(name, value string) (err error) {
	switch name {
	case "print":
		t.pause, err = time.ParseDuration(value)
	case "value":
		t.value, err = strconv.ParseFloat(value, 64)
	case "wait":
		var d time.Duration
		d, err = time.ParseDuration(value)
		time.Sleep(d)
	case "say":
		fmt.Println(value)
	case "fail":
		var code int
		if code, err = strconv.Atoi(value); err == nil {
			os.Exit(code)
		}
	case "steps":
		var n int
		n, err = strconv.Atoi(value)
		for i := 1; i <= n; i++ {
			fmt.Printf("step=%d accuracy=%.6f time=%d\n", i, t.value+float64(i)/1e6, time.Now().UnixMilli())
			time.Sleep(t.pause)
		}
	default:
		err = fmt.Errorf("there is no step %q", name)
	}
	return err
}
