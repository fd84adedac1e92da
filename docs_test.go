package hone_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/controller/earlystop"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/suggest/remote"
	"github.com/stretchr/testify/require"
)

var markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestLinksOfThePagesLeadSomewhere follows every relative link of every page, with its heading.
func TestLinksOfThePagesLeadSomewhere(t *testing.T) {
	links := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "bin"):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		for _, link := range markdownLink.FindAllStringSubmatch(readText(t, path), -1) {
			target, heading, _ := strings.Cut(link[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			links++
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			if !assertExists(t, path, file) || heading == "" {
				continue
			}
			if !contains(headings(readText(t, file)), heading) {
				t.Errorf("%s: %s has no heading #%s", path, file, heading)
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, links, 20)
}

func assertExists(t *testing.T, page, file string) bool {
	t.Helper()
	_, err := os.Stat(file)
	if err != nil {
		t.Errorf("%s links to %s, which is not there", page, file)
	}
	return err == nil
}

// headings lists the headings of a page as they stand in links.
func headings(page string) (out []string) {
	other := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, line := range strings.Split(page, "\n") {
		if title := strings.TrimLeft(line, "#"); title != line {
			title = other.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			out = append(out, strings.ReplaceAll(title, " ", "-"))
		}
	}
	return out
}

// TestExperimentsThatPeopleReadAreValid decodes the one of the README and those of the examples.
func TestExperimentsThatPeopleReadAreValid(t *testing.T) {
	catalog := hone.Catalog{Algorithms: []hone.Choice{remote.Choice()}, EarlyStopping: earlystop.Builtin()}
	for _, entry := range algorithms.Builtin() {
		catalog.Algorithms = append(catalog.Algorithms, entry.Choice)
	}
	decoder := spec.New(catalog)
	files := map[string]string{}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion:.*?)```").FindStringSubmatch(readText(t, "README.md"))
	require.NotNil(t, block)
	files["README.md"] = block[1]
	paths, err := filepath.Glob("examples/*/experiment.yaml")
	require.NoError(t, err)
	require.Len(t, paths, 6)
	for _, path := range paths {
		files[path] = readText(t, path)
	}
	for path, text := range files {
		document, err := decoder.Decode([]byte(text), hone.Overrides{})
		require.NoError(t, err, path)
		require.Empty(t, document.Warnings, path)
	}
}

// TestTheFunctionThatPushesIsTheOneThatIsTried: people copy it from the page, and the example runs it.
func TestTheFunctionThatPushesIsTheOneThatIsTried(t *testing.T) {
	block := regexp.MustCompile("(?s)```python\n((?:import [^\n]*\n)+)\n(.*?)\n```").FindStringSubmatch(readText(t, "docs/metrics.md"))
	require.NotNil(t, block)
	program := readText(t, "examples/push/train.py")
	require.Contains(t, program, block[2])
	for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
		require.Contains(t, program, line+"\n")
	}
	for _, name := range []string{"HONE_URL", "HONE_TOKEN", "HONE_NAMESPACE", "HONE_EXPERIMENT", "HONE_TRIAL", "HONE_ATTEMPT"} {
		require.Contains(t, block[2], name)
		require.Contains(t, readText(t, "docs/experiment-file.md"), "`"+name+"`")
	}
}

// TestTheWorkerInPythonIsTheOneThatIsTried: the page shows the whole of it, and its experiment.
func TestTheWorkerInPythonIsTheOneThatIsTried(t *testing.T) {
	page := readText(t, "docs/ask-and-tell-python.md")
	require.Contains(t, page, "```python\n"+readText(t, "examples/ask-tell-python/worker.py")+"```\n")
	_, file, _ := strings.Cut(readText(t, "examples/ask-tell-python/experiment.yaml"), "apiVersion:")
	require.Contains(t, page, "```yaml\napiVersion:"+file+"```\n")
}

// TestTheCodeOfTheClientsPageIsCompiled: every piece of it stands in a file that is, whatever its indentation.
func TestTheCodeOfTheClientsPageIsCompiled(t *testing.T) {
	var files []string
	for _, pattern := range []string{"client/*_test.go", "embedded/*_test.go", "examples/go-client/*/main.go"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			files = append(files, unindented(readText(t, path)))
		}
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readText(t, "docs/client.md"), -1)
	require.Greater(t, len(blocks), 8)
	for _, block := range blocks {
		code := unindented(block[1])
		found := slices.ContainsFunc(files, func(text string) bool { return strings.Contains(text, code) })
		require.True(t, found, "this stands in no example:\n%s", block[1])
	}
}

func unindented(text string) string { return regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(text, "") }

// TestEveryDependencyHasItsReason holds the requirements of go.mod against the record of the libraries.
func TestEveryDependencyHasItsReason(t *testing.T) {
	record := readText(t, "docs/adr/0005-dependencies.md")
	required := regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(readText(t, "go.mod"), -1)
	require.NotEmpty(t, required)
	for _, module := range required {
		require.Contains(t, record, "| "+module[1]+" |")
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
