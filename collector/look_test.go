package collector_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

const traceback = `Traceback (most recent call last):
  File "train.py", line 3, in <module>
    main()
`

func TestHints(t *testing.T) {
	json, file, push := hone.MetricsSpec{Format: hone.FormatJSON}, hone.MetricsSpec{Source: hone.SourceFile, Path: "m.txt"}, hone.MetricsSpec{Source: hone.SourcePush}
	pattern := hone.MetricsSpec{Pattern: `(?P<name>\w+) is (?P<value>\S+)`}
	for _, c := range []struct {
		name                 string
		spec                 hone.MetricsSpec
		stdout, stderr, file string
		want                 string
	}{
		{"a Python exception", hone.MetricsSpec{}, "starting\n", traceback + "ValueError: bad shape\n", "", "The program ended with a Python exception: ValueError: bad shape."},
		{"the last of several exceptions", hone.MetricsSpec{}, "", traceback + "KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\n" + traceback + "OSError\n", "", "The program ended with a Python exception: OSError."},
		{"a module that is missing", hone.MetricsSpec{}, "", traceback + "ModuleNotFoundError: No module named 'torch'\n", "", "Python has no module 'torch': install it for the interpreter that runs the trial, or start the one of its virtual environment."},
		{"a full GPU", hone.MetricsSpec{}, "", traceback + "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB\n", "", "The GPU ran out of memory: try a smaller model or batch, or fewer trials at once."},
		{"a panic", hone.MetricsSpec{}, "", "panic: index out of range\n\ngoroutine 1 [running]:\n", "", "The program broke off: panic: index out of range."},
		{"a broken-off program that printed its metric", hone.MetricsSpec{}, "accuracy=1\n" + traceback + "OSError\n", "", "", "The program ended with a Python exception: OSError."},
		{"the metric was there", hone.MetricsSpec{}, "accuracy=nan\n", "accuracy=1\n", "", ""},
		{"printed to the standard error", hone.MetricsSpec{}, "starting\n", "INFO:root:accuracy=0.5\n", "", "accuracy was printed to the standard error: print it to the standard output (a Python logger takes stream=sys.stdout)."},
		{"printed instead of written", file, "accuracy=0.5\n", "", "", "accuracy was printed, but metrics.source is file: write it to $HONE_TRIAL_DIR/m.txt, or leave source out."},
		{"printed instead of pushed", push, "accuracy=0.5\n", "", "", "accuracy was printed, but metrics.source is push: send it to HONE_URL, or leave source out."},
		{"not pushed", push, "starting\n", "", "", "Nothing was sent for it: the program must post its readings to HONE_URL with HONE_TOKEN."},
		{"no file", file, "starting\n", "", "", "There is no m.txt in the trial's folder: the program must write to $HONE_TRIAL_DIR/m.txt, not to the folder that it runs in."},
		{"another name in the file", file, "starting\n", "", "accuracyy=1\n", `The program printed "accuracyy": if that is the objective, set objective.metric to it; the names must be the same.`},
		{"nothing at all", hone.MetricsSpec{}, "", "", "", "The program printed nothing at all."},
		{"nothing but errors", hone.MetricsSpec{}, "\n\n", "warning\n", "", "The program printed nothing to its standard output, only to the standard error."},
		{"JSON in the text format", hone.MetricsSpec{}, `{"metric": "accuracy", "value": 0.5}` + "\n", "", "", "The lines are JSON objects: set metrics.format to json."},
		{"text in the JSON format", json, "accuracy=0.5\n", "", "", "metrics.format is json, but the lines are not one JSON object each: set it to text."},
		{"no JSON at all", json, "starting\n", "", "", "metrics.format is json, but there is no line with a JSON object."},
		{"JSON on several lines", json, "{\n  \"acc\": 1\n}\n", "", "", "The JSON is spread over several lines: print each object on one line."},
		{"JSON without the metric", json, `{"x": 1}`, "", "", ""},
		{"a value that is no number", hone.MetricsSpec{}, "accuracy=n/a\n", "", "", `accuracy was printed with the value "n/a", which is not a number.`},
		{"a value with a unit", hone.MetricsSpec{}, "'accuracy': '12ms'\n", "", "", `accuracy was printed with the value "12ms", which is not a number.`},
		{"a similar name", hone.MetricsSpec{}, "lr=0.1 val_accuracy=0.5\n", "", "", `The program printed "val_accuracy": if that is the objective, set objective.metric to it; the names must be the same.`},
		{"the same name in other letters", hone.MetricsSpec{}, "Accuracy: 0.5\n", "", "", `The program printed "Accuracy": if that is the objective, set objective.metric to it; the names must be the same.`},
		{"the nearest of several names", hone.MetricsSpec{}, "my_accuracy_of_today=1 accuracyy=0.5\n", "", "", `The program printed "accuracyy": if that is the objective, set objective.metric to it; the names must be the same.`},
		{"the name in prose", hone.MetricsSpec{}, "the accuracy is 0.5\n", "", "", "The output mentions accuracy, but not as accuracy=0.5 or accuracy: 0.5; for another form, set metrics.pattern."},
		{"a pattern that is not needed", pattern, "accuracy=0.5\n", "", "", "metrics.pattern does not match where accuracy is printed; the text format reads it without a pattern."},
		{"a pattern that does not match", pattern, "starting\n", "", "", "metrics.pattern did not find it: try the pattern on a line of the output."},
		{"nothing to say", hone.MetricsSpec{}, "hello\n", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, hint := looked(t, c.spec, c.stdout, c.stderr, c.file)
			require.Equal(t, c.want, hint)
		})
	}
}

// looked collects from a trial that has written this, and looks at what it left.
func looked(t *testing.T, m hone.MetricsSpec, stdout, stderr, file string) (tail []string, hint string) {
	t.Helper()
	dir := t.TempDir()
	c := spec("accuracy", m)
	c.Emission = hone.Emission{Dir: dir, Stdout: filepath.Join(dir, "stdout"), Stderr: filepath.Join(dir, "stderr")}
	require.NoError(t, os.WriteFile(c.Emission.Stdout, []byte(stdout), 0o600))
	require.NoError(t, os.WriteFile(c.Emission.Stderr, []byte(stderr), 0o600))
	if m.Source == hone.SourceFile {
		c.Emission.File = filepath.Join(dir, m.Path)
	}
	if file != "" {
		require.NoError(t, os.WriteFile(c.Emission.File, []byte(file), 0o600))
	}
	seen, err := newCollector().Collect(t.Context(), c, closed(), (&store{}).sink)
	require.NoError(t, err)
	return seen.Look()
}

func TestHintsAboutTheMetricsFile(t *testing.T) {
	file := hone.MetricsSpec{Source: hone.SourceFile, Path: "m.txt"}
	for _, c := range []struct {
		name string
		make func(path string) error
		want string
	}{
		{"it is empty", func(path string) error { return os.WriteFile(path, nil, 0o600) }, "m.txt is empty: the program must flush what it writes, and close the file."},
		{"it is a folder", func(path string) error { return os.Mkdir(path, 0o700) }, "m.txt is not a regular file, so it cannot be followed."},
	} {
		t.Run(c.name, func(t *testing.T) {
			what := spec("accuracy", file)
			what.Emission.File = filepath.Join(t.TempDir(), "m.txt")
			require.NoError(t, c.make(what.Emission.File))
			seen, err := newCollector().Collect(t.Context(), what, closed(), (&store{}).sink)
			require.NoError(t, err)
			_, hint := seen.Look()
			require.Equal(t, c.want, hint)
		})
	}
}

func TestTheTail(t *testing.T) {
	long := strings.Repeat("line\n", 100)
	tail, _ := looked(t, hone.MetricsSpec{}, long+"\x1b[31mlast\x1b[0m  \r\n\n", "a warning\n", "")
	require.Len(t, tail, 20)
	require.Equal(t, "last", tail[19])

	tail, _ = looked(t, hone.MetricsSpec{}, long, traceback+"OSError\n", "")
	require.Equal(t, "OSError", tail[len(tail)-1], "the standard error says more")

	tail, _ = looked(t, hone.MetricsSpec{}, "one\n", "two\nthree", "")
	require.Equal(t, []string{"one", "two", "three"}, tail)

	tail, _ = looked(t, hone.MetricsSpec{}, "", "", "")
	require.Empty(t, tail)

	tail, _ = looked(t, hone.MetricsSpec{}, strings.Repeat("é\xff", 1<<20), "", "")
	require.Len(t, tail, 1)
	require.Less(t, len(tail[0]), 500)

	tail, _ = looked(t, hone.MetricsSpec{}, strings.Repeat("x", 1<<20)+"\na\nb\nc\n", "", "")
	require.Equal(t, []string{"a", "b", "c"}, tail)
}

func TestThereIsNothingToLookAtWithoutOutput(t *testing.T) {
	seen, err := newCollector().Collect(t.Context(), spec("accuracy", hone.MetricsSpec{}), closed(), (&store{}).sink)
	require.NoError(t, err)
	require.Nil(t, seen.Look)
}
