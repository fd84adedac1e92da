// Command cluster starts and stops a Kubernetes cluster for tests on this machine; see docs/development-cluster.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/hone-tuner/hone/test/cluster/local"
)

const usage = `usage: cluster COMMAND [flags]

commands:
  up                     start the cluster, or what of it does not run
  down                   stop it and take away all that it made
  status                 list its processes; fails if one has left
  load IMAGE.tar …       make images known to the node
  env                    print the variables that lead to it, for eval
  kubeconfig NS NAME     print a kubeconfig for a service account, which is made if need be

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	options := local.Options{Out: stderr}
	flags.StringVar(&options.Dir, "dir", os.Getenv("HONE_CLUSTER_DIR"), "the state `folder` (default "+local.DefaultDir()+")")
	flags.StringVar(&options.Cache, "cache", "", "the `folder` of built binaries (default "+local.DefaultCache()+")")
	flags.StringVar(&options.Source, "source", "", "the project's `folder` test/cluster (default: here or above)")
	flags.BoolVar(&options.ControlPlane, "control-plane", false, "no node: pods are accepted but none runs")
	flags.BoolVar(&options.RequireNode, "require-node", false, "fail where no kubelet can run, instead of going on without")
	flags.BoolVar(&options.Operators, "operators", true, "start the training operator, JobSet and Trainer")
	flags.IntVar(&options.FirstPort, "first-port", 0, "where the search for free `port`s begins (default 26400)")
	flags.IntVar(&options.FakeNodes, "kwok", 0, "the number of fake `nodes`")
	flags.IntVar(&options.QPS, "qps", 0, "calls a `second` of the controller manager and the scheduler (default: Kubernetes's own limits)")
	valid := flags.Duration("valid", 12*time.Hour, "how long a service account's token is valid")
	args, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		flags.Usage()
		return flag.ErrHelp
	}
	cluster, err := local.Open(options)
	if err != nil {
		return err
	}
	defer cluster.Close()
	return command(ctx, cluster, args, *valid, stdout)
}

// parse takes flags before and after the other arguments.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func command(ctx context.Context, cluster *local.Cluster, args []string, valid time.Duration, stdout io.Writer) error {
	if name := args[0]; name != "up" && name != "down" && name != "status" && !cluster.Exists() {
		return errors.New("there is no cluster; `cluster up` starts one")
	}
	switch name := args[0]; {
	case name == "up" && len(args) == 1:
		return cluster.Up(ctx)
	case name == "down" && len(args) == 1:
		return cluster.Down(ctx)
	case name == "status" && len(args) == 1:
		if !cluster.Status() {
			return errors.New("the cluster does not run as a whole")
		}
		return nil
	case name == "load" && len(args) > 1:
		for _, archive := range args[1:] {
			if err := cluster.Load(ctx, archive); err != nil {
				return err
			}
		}
		return nil
	case name == "env" && len(args) == 1:
		for _, variable := range cluster.Environment() {
			fmt.Fprintln(stdout, "export "+variable)
		}
		fmt.Fprintf(stdout, "export PATH=%s:$PATH\n", filepath.Join(filepath.Dir(cluster.Kubeconfig()), "bin"))
		return nil
	case name == "kubeconfig" && len(args) == 3:
		text, err := cluster.ServiceAccountKubeconfig(ctx, args[1], args[2], valid)
		fmt.Fprint(stdout, text)
		return err
	}
	return fmt.Errorf("%q is not a command with these arguments; see cluster -h", strings.Join(args, " "))
}
