package problems

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// The tables of HPOLib: networks of two layers on four regression data sets, each configuration trained with four
// seeds (Klein and Hutter 2019, "Tabular Benchmarks for Joint Architecture and Hyperparameter Optimization").

// column is a parameter of a table: its choices are numbers that have an order, or names.
type column struct {
	name    string
	log     bool
	numbers []float64
	names   []any
}

// tableColumns are the columns of a file, in their order.
func tableColumns() []column {
	activation, units := []any{"tanh", "relu"}, []float64{16, 32, 64, 128, 256, 512}
	dropout := []float64{0, 0.3, 0.6}
	return []column{
		{name: "activation_fn_1", names: activation},
		{name: "activation_fn_2", names: activation},
		{name: "batch_size", numbers: []float64{8, 16, 32, 64}, log: true},
		{name: "dropout_1", numbers: dropout},
		{name: "dropout_2", numbers: dropout},
		{name: "init_lr", numbers: []float64{5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1}, log: true},
		{name: "lr_schedule", names: []any{"cosine", "const"}},
		{name: "n_units_1", numbers: units, log: true},
		{name: "n_units_2", numbers: units, log: true},
	}
}

func (c column) choices() int { return len(c.numbers) + len(c.names) }

// byIndex is the parameter with the index of a choice as its value, as published comparisons have it.
func (c column) byIndex() hone.Parameter {
	if c.names != nil {
		return hone.Categorical(c.name, c.names...)
	}
	return hone.Int(c.name, 0, len(c.numbers)-1)
}

// byValue is the parameter as a user would write it.
func (c column) byValue() hone.Parameter {
	if c.names != nil {
		return hone.Categorical(c.name, c.names...)
	}
	return hone.Discrete(c.name, c.numbers...)
}

// tableSeeds is how often each configuration was trained.
const tableSeeds = 4

// table holds the results, by mixed-radix number of the choices, the last column fastest.
type table struct {
	runs        [][tableSeeds]float64
	mean        []float64
	best        int     // the cell with the least mean
	low, median float64 // the least mean, and that in the middle
}

// tableFiles says which tables there are, and which of them is set aside.
func tableFiles() []struct {
	name, file string
	reserve    bool
} {
	return []struct {
		name, file string
		reserve    bool
	}{
		{"naval", "naval_propulsion.csv.gz", false},
		{"parkinsons", "parkinsons_telemonitoring.csv.gz", true},
		{"protein", "protein_structure.csv.gz", false},
		{"slice", "slice_localization.csv.gz", false},
	}
}

// tableProblems reads the tables of a folder. Each makes three problems: by index, by value, and with the result of a
// random seed.
func tableProblems(dir string) ([]*Problem, error) {
	var out []*Problem
	for _, f := range tableFiles() {
		t, err := readTable(filepath.Join(dir, f.file))
		if err != nil {
			return nil, err
		}
		main := t.problem("table-"+f.name, column.byIndex)
		values := t.problem("table-"+f.name+"-values", column.byValue)
		noisy := t.problem("table-"+f.name+"-noisy", column.byIndex)
		noisy.observe = t.observer(noisy.Space)
		for _, p := range []*Problem{main, values, noisy} {
			p.Reserve = f.reserve
			out = append(out, p)
		}
	}
	return out, nil
}

// problem makes the problem of the means over the seeds. Its typical value is the median of the table.
func (t *table) problem(name string, parameter func(column) hone.Parameter) *Problem {
	var parameters []hone.Parameter
	for _, c := range tableColumns() {
		parameters = append(parameters, parameter(c))
	}
	p := &Problem{Name: name, Group: Table, Space: compile(hone.NewSpace(parameters...), nil)}
	p.Optimum = t.low
	p.preset(t.median)
	p.Best = cell(p.Space, t.best)
	p.Value = func(a hone.Assignments) float64 { return t.mean[cellOf(p.Space, a)] }
	return p
}

// observer draws one of the seeds.
func (t *table) observer(s *hone.Space) func(hone.Assignments, *rand.Rand) float64 {
	return func(a hone.Assignments, rng *rand.Rand) float64 {
		return t.runs[cellOf(s, a)][rng.IntN(tableSeeds)]
	}
}

// cellOf is the number of a point's cell.
func cellOf(s *hone.Space, a hone.Assignments) int {
	n := 0
	for i, p := range s.Parameters() {
		n = n*p.Cardinality() + p.Index(a[i].Value)
	}
	return n
}

// cell is the point of a cell.
func cell(s *hone.Space, n int) hone.Assignments {
	a := make(hone.Assignments, s.Len())
	for i := s.Len() - 1; i >= 0; i-- {
		p := s.Parameters()[i]
		a[i] = hone.Assignment{Parameter: p.Name, Value: p.At(n % p.Cardinality())}
		n /= p.Cardinality()
	}
	return a
}

func readTable(path string) (*table, error) {
	f, err := os.Open(path) //nolint:gosec // the folder is the caller's
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hone.Errorf(hone.NotFound, "there is no table %s: name the folder that holds the tables of HPOLib, or none", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, hone.Errorf(hone.DataLoss, "the table %s is not compressed by gzip: %w", path, err)
	}
	t, err := parseTable(z)
	if err != nil {
		return nil, hone.Errorf(hone.KindOf(err), "the table %s: %w", path, err)
	}
	return t, nil
}

// parseTable reads comma-separated values: a line of names, then for each configuration the indices of its choices
// and the results of the seeds. Every configuration must be there once.
func parseTable(r io.Reader) (*table, error) {
	columns := tableColumns()
	size := 1
	for _, c := range columns {
		size *= c.choices()
	}
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	rows.FieldsPerRecord = len(columns) + tableSeeds
	header, err := rows.Read()
	if err != nil {
		return nil, hone.Errorf(hone.DataLoss, "has no line of names: %w", err)
	}
	for i, c := range columns {
		if header[i] != c.name {
			return nil, hone.Errorf(hone.DataLoss, "column %d is %q, not %q", i+1, header[i], c.name)
		}
	}
	t := &table{runs: make([][tableSeeds]float64, size), mean: make([]float64, size)}
	seen := make([]bool, size)
	for n := 0; ; n++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) && n == size {
			t.rank()
			return t, nil
		}
		if err != nil {
			return nil, hone.Errorf(hone.DataLoss, "ends after %d of %d configurations: %w", n, size, err)
		}
		at, err := t.put(columns, row)
		if err != nil {
			return nil, hone.Errorf(hone.DataLoss, "configuration %d: %w", n+1, err)
		}
		if seen[at] {
			return nil, hone.Errorf(hone.DataLoss, "configuration %d is there twice", n+1)
		}
		seen[at] = true
	}
}

// rank finds the best cell and the median.
func (t *table) rank() {
	sorted := slices.Clone(t.mean)
	slices.Sort(sorted)
	t.low, t.best = sorted[0], slices.Index(t.mean, sorted[0])
	t.median = (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// put stores a row, and tells where.
func (t *table) put(columns []column, row []string) (int, error) {
	at := 0
	for i, c := range columns {
		k, err := strconv.Atoi(row[i])
		if err != nil || k < 0 || k >= c.choices() {
			return 0, hone.Errorf(hone.DataLoss, "%q is not the index of one of %d choices of %s", row[i], c.choices(), c.name)
		}
		at = at*c.choices() + k
	}
	sum := 0.0
	for i, text := range row[len(columns):] {
		v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return 0, hone.Errorf(hone.DataLoss, "%q is not a number", text)
		}
		t.runs[at][i] = v
		sum += v
	}
	t.mean[at] = sum / tableSeeds
	return at, nil
}
