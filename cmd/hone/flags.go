package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// overrideFlags are the flags that go over what an experiment file says.
type overrideFlags struct {
	trials, parallelism int
	seed                uint64
	algorithm, name     string
	changed             func(flag string) bool
}

func (o *overrideFlags) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.IntVar(&o.trials, "trials", 0, "how many trials, over what the file says")
	f.IntVar(&o.parallelism, "parallelism", 0, "how many trials run at once, over what the file says")
	f.StringVar(&o.algorithm, "algorithm", "", "the search algorithm, over what the file says; see hone algorithms")
	f.Uint64Var(&o.seed, "seed", 0, "the seed, over what the file says")
	f.StringVar(&o.name, "name", "", "the experiment's name, over what the file says")
	o.changed = f.Changed
	_ = cmd.RegisterFlagCompletionFunc("algorithm", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, c := range catalog().Algorithms {
			names = append(names, c.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// overrides are the flags that were given.
func (o *overrideFlags) overrides(namespace string) hone.Overrides {
	out := hone.Overrides{Name: o.name, Namespace: namespace, Algorithm: o.algorithm}
	if o.changed("trials") {
		out.Trials = &o.trials
	}
	if o.changed("parallelism") {
		out.Parallelism = &o.parallelism
	}
	if o.changed("seed") {
		out.Seed = &o.seed
	}
	return out
}

// ageValue is a duration as a flag, with days too: 30d, 12h.
type ageValue time.Duration

func (a *ageValue) String() string {
	if *a == 0 {
		return "0"
	}
	return hone.Duration(*a).String()
}

func (a *ageValue) Type() string { return "duration" }
func (a *ageValue) Set(s string) error {
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n float64
		n, err = strconv.ParseFloat(days, 64)
		d = time.Duration(n * 24 * float64(time.Hour))
		if math.IsNaN(n) || n > 1e5 {
			d = -1
		}
	}
	if err != nil || d < 0 {
		return fmt.Errorf("write it like 12h or 30d")
	}
	*a = ageValue(d)
	return nil
}

// sizeValue is a number of bytes as a flag: 500MiB, 10G.
type sizeValue int64

func (v sizeValue) Type() string { return "size" }
func (v sizeValue) String() string {
	names := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	at, n := 0, int64(v)
	for n >= 1024 && n%1024 == 0 && at < len(names)-1 {
		n, at = n/1024, at+1
	}
	if n == 0 {
		return "0"
	}
	return strconv.FormatInt(n, 10) + names[at]
}

// Set reads a number with a unit: K, M, G, T (also KB …) are powers of 1000, Ki … (also KiB …) of 1024.
func (v *sizeValue) Set(s string) error {
	number, unit := s, ""
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		number, unit = s[:i], strings.TrimSpace(s[i:])
	}
	factor, ok := map[string]float64{"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12,
		"ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30, "ti": 1 << 40}[strings.TrimSuffix(strings.ToLower(unit), "b")]
	n, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || n*factor >= math.MaxInt64 {
		return fmt.Errorf("write it like 500MiB or 10G")
	}
	*v = sizeValue(n * factor)
	return nil
}
