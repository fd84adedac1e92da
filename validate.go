package hone

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of a spec: far beyond what people need, and small enough that no file can hurt the service.
const (
	MaxParameters  = 1_000
	MaxValues      = 10_000
	MaxTrials      = 10_000_000
	MaxParallelism = 10_000
	MaxConstraints = 1_000
	MaxInitial     = 10_000
	MaxRetries     = 1_000
	maxNameLength  = 40
	maxWordLength  = 63
	exactIntegers  = 1 << 53 // doubles hold whole numbers exactly up to here
	maxErrors      = 200     // of parameters and of initial points; after that nobody reads on
)

var (
	namePattern      = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	parameterPattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
	metricPattern    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_/.@:-]*$`)
)

// Validate finds every mistake of an experiment, given what can be chosen and a compiler for its
// constraints. The error is FieldErrors, with paths as in the file: spec.parameters[2].min.
func (e Experiment) Validate(catalog Catalog, compiler ConstraintCompiler) error {
	var errs FieldErrors
	errs.name("metadata.name", e.Name)
	if e.Namespace != "" {
		errs.name("metadata.namespace", e.Namespace)
	}
	for _, k := range sortedKeys(e.Labels) {
		if k == "" || len(k) > maxWordLength || len(e.Labels[k]) > maxWordLength {
			errs.add("metadata.labels."+k, "names and values of labels have at most %d bytes", maxWordLength)
		}
	}
	errs = append(errs, e.Spec.validate(catalog)...)
	space, err := e.Spec.SearchSpace.Compile(compiler)
	if space == nil || err != nil {
		errs.under("spec", err)
		return errs.Err()
	}
	errs = append(errs, e.Spec.validatePoints(space)...)
	return errs.Err()
}

func (e *FieldErrors) add(path, format string, args ...any) {
	*e = append(*e, FieldError{Path: path, Message: fmt.Sprintf(format, args...)})
}

// under adds the errors of a part at its place in the whole.
func (e *FieldErrors) under(path string, err error) {
	if fields, ok := err.(FieldErrors); ok { //nolint:errorlint // exactly what Compile returns
		for _, f := range fields {
			f.Path = path + "." + f.Path
			*e = append(*e, f)
		}
	} else if err != nil {
		e.add(path, "%v", err)
	}
}

func (e *FieldErrors) name(path, name string) {
	switch {
	case name == "":
		e.add(path, "is missing: give it a name such as digits")
	case len(name) > maxNameLength:
		e.add(path, "has %d characters; at most %d are allowed", len(name), maxNameLength)
	case !namePattern.MatchString(name):
		e.add(path, "%q must be lower case letters, digits and '-', and start with a letter", name)
	}
}

func (e *FieldErrors) oneOf(path, got string, known ...string) {
	if got != "" && !slices.Contains(known, got) {
		e.add(path, "%q is not one of %s%s", got, strings.Join(known, ", "), didYouMean(got, known))
	}
}

func (e *FieldErrors) within(path string, got, lowest, highest int) {
	if got < lowest || got > highest {
		e.add(path, "must be from %d to %d, not %d", lowest, highest, got)
	}
}

func (s Spec) validate(catalog Catalog) (errs FieldErrors) {
	errs = append(errs, s.Objective.validate()...)
	errs = append(errs, choose(catalog.Algorithms, s.WithDefaults().Algorithm.Name, s.Algorithm.Settings, "spec.algorithm", "algorithm")...)
	if s.Algorithm.Seed != nil && *s.Algorithm.Seed > exactIntegers {
		errs.add("spec.algorithm.seed", "must be at most %d", exactIntegers)
	}
	errs = append(errs, choose(catalog.EarlyStopping, s.WithDefaults().EarlyStopping.Name, s.EarlyStopping.Settings, "spec.earlyStopping", "early stopping rule")...)
	if s.Parallelism != 0 { // 0 is what was left out
		errs.within("spec.parallelism", s.Parallelism, 1, MaxParallelism)
	}
	if s.Budget.Trials != 0 {
		errs.within("spec.budget.trials", s.Budget.Trials, 1, MaxTrials)
	}
	if s.Budget.Failures != nil {
		errs.within("spec.budget.failures", *s.Budget.Failures, 0, MaxTrials)
	}
	if s.Budget.Duration < 0 {
		errs.add("spec.budget.duration", "must not be negative")
	}
	if p := s.Stop.Plateau; p != nil {
		errs.within("spec.stop.plateau.trials", p.Trials, 1, MaxTrials)
	}
	errs = append(errs, s.Metrics.validate()...)
	if s.Trial != nil {
		errs = append(errs, s.Trial.validate()...)
	}
	errs.oneOf("spec.onLost", s.OnLost, "retry", "fail")
	return errs
}

func (o Objective) validate() (errs FieldErrors) {
	if o.Metric == "" {
		errs.add("spec.objective.metric", "is missing: name the metric to optimise, such as accuracy")
	} else {
		errs.metric("spec.objective.metric", o.Metric)
	}
	if o.Goal == "" {
		errs.add("spec.objective.goal", "is missing: maximize or minimize")
	}
	errs.oneOf("spec.objective.goal", string(o.Goal), string(Maximize), string(Minimize))
	errs.oneOf("spec.objective.reduce", string(o.Reduce), string(ReduceBest), string(ReduceLast), string(ReduceMin), string(ReduceMax), string(ReduceMean))
	if o.Target != nil && !Float(*o.Target).Finite() {
		errs.add("spec.objective.target", "must be a finite number")
	}
	return errs
}

func (e *FieldErrors) metric(path, name string) {
	if len(name) <= MetricLimit && metricPattern.MatchString(name) {
		return
	}
	message := fmt.Sprintf("%q is not the name of a metric: letters, digits and _ / . - @ : are allowed, at most %d of them", name, MetricLimit)
	if plain := plainMetric(name[:min(len(name), MetricLimit)]); plain != "" {
		message += fmt.Sprintf("; other characters are read as underscores: write %q", plain)
	}
	e.add(path, "%s", message)
}

// plainMetric spells a name as readings of it are kept: metrics/mAP50(B) is metrics/mAP50_B.
func plainMetric(name string) string {
	var plain []byte
	for _, c := range []byte(name) {
		switch {
		case metricPattern.Match([]byte{'a', c}):
			plain = append(plain, c)
		case len(plain) > 0 && plain[len(plain)-1] != '_':
			plain = append(plain, '_')
		}
	}
	if text := strings.TrimRight(string(plain), "_"); metricPattern.MatchString(text) {
		return text
	}
	return ""
}

func (m MetricsSpec) validate() (errs FieldErrors) {
	errs.oneOf("spec.metrics.source", m.Source, SourceStdout, SourceFile, SourcePush, SourceTensorBoard, SourcePrometheus)
	errs.oneOf("spec.metrics.format", m.Format, FormatText, FormatJSON)
	m.validatePath(&errs)
	if m.Interval != 0 && m.Source != SourcePrometheus {
		errs.add("spec.metrics.interval", "is only for source: prometheus")
	} else if m.Interval != 0 && time.Duration(m.Interval) < minScrape {
		errs.add("spec.metrics.interval", "must be at least %v", minScrape)
	}
	if m.Pattern != "" {
		errs.pattern("spec.metrics.pattern", m)
	}
	for i, name := range m.Record {
		errs.metric(fmt.Sprintf("spec.metrics.record[%d]", i), name)
	}
	return errs
}

// minScrape keeps a collector from doing nothing but scraping.
const minScrape = 100 * time.Millisecond

func (m MetricsSpec) validatePath(errs *FieldErrors) {
	const at = "spec.metrics.path"
	switch m.Source {
	case SourcePrometheus:
		if _, err := m.ScrapeURL(); err != nil {
			errs.add(at, "%v", err)
		}
		return
	case SourceFile:
		if m.Path == "" {
			errs.add(at, "is missing: source file needs the name of the file, such as metrics.jsonl")
		}
	case SourceTensorBoard: // without one, the trial's whole directory
	default:
		if m.Path != "" {
			errs.add(at, "is only for source: file, tensorboard and prometheus")
			return
		}
	}
	if m.Path != "" && !filepath.IsLocal(m.Path) {
		errs.add(at, "%q must lie in the trial's directory: no leading / and no ..", m.Path)
	}
}

// ScrapeURL is the address that is scraped for source prometheus. The path of the spec may leave out all but the
// port: ":8080" means http://127.0.0.1:8080/metrics.
func (m MetricsSpec) ScrapeURL() (*url.URL, error) {
	address := cmp.Or(m.Path, DefaultScrapePath)
	if strings.HasPrefix(address, ":") {
		address = "http://127.0.0.1" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, Errorf(InvalidArgument, "%q is not an address to scrape: %w", m.Path, err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, Errorf(InvalidArgument, "%q is not an address to scrape: write :8080/metrics or http://host:8080/metrics", m.Path)
	case u.Path == "":
		u.Path = "/metrics"
	}
	return u, nil
}

func (e *FieldErrors) pattern(path string, m MetricsSpec) {
	re, err := regexp.Compile(m.Pattern)
	if err != nil {
		e.add(path, "is not an RE2 expression: %v", err)
		return
	}
	for _, group := range []string{"name", "value"} {
		if re.SubexpIndex(group) < 0 {
			e.add(path, "needs a group (?P<%s>…)", group)
		}
	}
	if m.Format == FormatJSON {
		e.add(path, "is only for format: text")
	}
}

func (t TrialTemplate) validate() (errs FieldErrors) {
	const at = "spec.trial"
	switch {
	case len(t.Command) == 0 && t.Image == "" && len(t.Manifest) == 0:
		errs.add(at+".command", `is missing: write the program and its arguments, such as [python3, train.py, "--lr=${parameters.lr}"]`)
	case len(t.Manifest) > 0 && (t.Image != "" || len(t.Command) > 0):
		errs.add(at+".manifest", "stands alone: image and command belong inside it")
	case len(t.Command) > 0 && t.Command[0] == "":
		errs.add(at+".command[0]", "is empty: it must be the program")
	}
	for i, arg := range t.Command {
		if strings.ContainsRune(arg, 0) {
			errs.add(fmt.Sprintf("%s.command[%d]", at, i), "contains a NUL byte, which no program can receive")
		}
	}
	for _, name := range sortedKeys(t.Env) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(t.Env[name], 0) {
			errs.add(at+".env."+name, "is not a variable that an environment can hold")
		}
	}
	return append(errs, t.validateLimits(at)...)
}

func (t TrialTemplate) validateLimits(at string) (errs FieldErrors) {
	if t.Timeout < 0 {
		errs.add(at+".timeout", "must not be negative")
	}
	if t.Grace != nil && *t.Grace < 0 {
		errs.add(at+".grace", "must not be negative")
	}
	errs.within(at+".retries", t.RetryLimit(), 0, MaxRetries)
	errs.within(at+".gpus", t.GPUs, 0, 1024)
	return errs
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
