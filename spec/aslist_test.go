package spec_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

func TestATextWhereAListBelongsIsWrittenAsOne(t *testing.T) {
	for written, want := range map[string]string{
		"  trial: {command: python3 train.py --x 1}\n":                       `spec.trial.command (line 11): expected a list, got the text "python3 train.py --x 1"; write it as a list: [python3, train.py, --x, "1"]`,
		"  trial: {command: \"./train --lr=${parameters.lr} 'a b' true\"}\n": `write it as a list: [./train, "--lr=${parameters.lr}", "a b", "true"]`,
		"  trial: {command: \"./train --m '' -\"}\n":                         `write it as a list: [./train, --m, "", "-"]`,
		"  trial: {command: 'cd src && ./train > log'}\n":                    `write it as a list: [sh, -c, "cd src && ./train > log"]`,
		"  trial: {command: 'echo $HOME'}\n":                                 `write it as a list: [sh, -c, "echo $HOME"]`,
		"  constraints: layers < 3\n":                                        `spec.constraints (line 11): expected a list, got the text "layers < 3"; write it as a list: ["layers < 3"]`,
		"  metrics: {record: loss}\n":                                        `write it as a list: [loss]`,
	} {
		got := complaints(t, minimal(written))
		require.Len(t, got, 1, written)
		require.Contains(t, got[0], want)
	}
}

// TestTheListThatIsSuggestedIsTaken writes what a message suggests, and decodes it.
func TestTheListThatIsSuggestedIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[A-Za-z0-9=.,:/{}\[\]#%@!-]{1,12}`), 1, 5).Draw(t, "words")
		written, err := yaml.Marshal(strings.Join(words, " "))
		require.NoError(t, err)
		d := spec.New(catalog())
		_, err = d.Decode([]byte(minimal("  trial:\n    command: "+string(written))), hone.Overrides{})
		if err == nil || !strings.Contains(err.Error(), "write it as a list: ") {
			t.Skip("a number, or a text of several lines")
		}
		_, list, _ := strings.Cut(err.Error(), "write it as a list: ")
		list, _, _ = strings.Cut(list, "\n")
		document, err := d.Decode([]byte(minimal("  trial: {command: "+list+"}\n")), hone.Overrides{})
		require.NoError(t, err)
		require.Equal(t, words, document.Experiment.Spec.Trial.Command)
	})
}

func TestTypesThatOthersHave(t *testing.T) {
	for word, want := range map[string]string{
		"float": "double", "real": "double", "number": "double", "integer": "int", "choice": "categorical", "enum": "categorical", "bool": "categorical", "Float": "double", "ordinal": "discrete",
	} {
		got := complaints(t, strings.Replace(minimal(""), "type: double, min: 0, max: 1}", "type: "+word+", min: 0, max: 1}", 1))
		require.Equal(t, []string{`spec.parameters[0].type (line 7): "` + word + `" is not one of double, int, discrete, categorical; did you mean "` + want + `"?`}, got)
	}
}
