package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMistakesInBatchesAreNamed(t *testing.T) {
	const shape = `; write {"measurements": [{"metric": "accuracy", "value": 0.97, "step": 3}]}`
	for name, c := range map[string]struct{ body, says string }{
		"nothing":                {" \n", "a JSON object is missing" + shape},
		"a list":                 {"[]", "must be a JSON object, in braces" + shape},
		"null":                   {"null", "must be a JSON object, in braces" + shape},
		"an unfinished object":   {`{"attempt": 1`, "the JSON ends too soon"},
		"no JSON":                {`{attempt: 1}`, "is not JSON: invalid character 'a' looking for beginning of object key string at byte 2"},
		"NaN without quotes":     {`{"measurements": [{"metric": "a", "value": NaN}]}`, `is not JSON: invalid character 'N' looking for beginning of value at byte 44; JSON has no NaN and no infinity: send "NaN", "Infinity" or "-Infinity" as strings`},
		"two objects":            {`{"measurements": []} {}`, "something follows the JSON object, at byte 22"},
		"rubbish behind it":      {`{"measurements": []} x`, "something follows the JSON object, at byte 21"},
		"an unknown field":       {`{"atempt": 1}`, `atempt: unknown field; did you mean "attempt"?`},
		"another unknown field":  {`{"zzzzzzzz": 1}`, `zzzzzzzz: unknown field`},
		"a nested one":           {`{"measurements": [{"metrc": "a"}]}`, `measurements[0].metrc: unknown field; did you mean "metric"?`},
		"when it was received":   {`{"received": "2026-01-01T00:00:00Z"}`, `received: unknown field`},
		"a wrong type":           {`{"attempt": "one"}`, "attempt: must be a whole number, not string"},
		"a fraction":             {`{"sequence": 1.5}`, "sequence: must be a whole number, not number 1.5"},
		"a nested wrong type":    {`{"measurements": [{"metric": 7}]}`, "measurements[0].metric: must be a string, not number"},
		"an object for a list":   {`{"measurements": {}}`, "measurements: must be a list, not object" + shape},
		"a word for a value":     {`{"measurements": [{"metric": "a", "value": "big"}]}`, `measurements[0].value: "big" is not a number, "NaN", "Infinity" or "-Infinity"`},
		"a reading by itself":    {`{"metric": "a", "value": 1}`, "metric: unknown field" + shape},
		"a number for a reading": {`{"measurements": [{"metric": "a", "value": 1}, 0.3]}`, `measurements[1]: must be a JSON object, in braces; write {"metric": "accuracy", "value": 0.97, "step": 3}`},
		"a fraction of a step": {`{"measurements": [{"metric": "a", "value": 1, "step": 0.5}, {"metric": "b", "value": 1, "time": "noon"}, {"metric": "c", "value": [1]}]}`,
			"measurements[0].step: must be a whole number, not number 0.5\nmeasurements[1].time: must be a time such as 2026-01-02T03:04:05Z\nmeasurements[2].value: [1] is not a number, \"NaN\", \"Infinity\" or \"-Infinity\""},
		"no value":        {`{"measurements": [{"metric": "a", "value": 0}, {"metric": "a"}]}`, "measurements[1].value: is missing"},
		"a value of null": {`{"measurements": [{"metric": "a", "value": null}]}`, "measurements[0].value: is missing"},
		"no metric":       {`{"measurements": [{"value": 1}]}`, "measurements[0].metric: is missing"},
		"a long metric":   {`{"measurements": [{"value": 1, "metric": "` + strings.Repeat("m", 256) + `"}]}`, "measurements[0].metric: has 256 bytes; at most 255 are allowed"},
		"all at once":     {`{"attempt": -1, "sequence": -1, "measurements": [{}]}`, "attempt: must not be negative\nsequence: must not be negative: batches are numbered from 1\nmeasurements[0].metric: is missing\nmeasurements[0].value: is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.DecodeBatch([]byte(c.body), 1)
			require.EqualError(t, err, c.says)
			require.ErrorIs(t, err, hone.InvalidArgument)
			var fields hone.FieldErrors
			require.ErrorAs(t, err, &fields)
		})
	}
}

func TestBatchesOfTheContractAreRead(t *testing.T) {
	step, before := int64(3), int64(-3)
	for name, c := range map[string]struct {
		body string
		want hone.Batch
	}{
		"nothing but life": {`{"measurements": []}`, hone.Batch{Number: 17, Measurements: []hone.Measurement{}}},
		"an empty object":  {`{}`, hone.Batch{Number: 17, Measurements: []hone.Measurement{}}},
		"a negative step": {`{"measurements": [{"metric": "loss", "value": 1, "step": -3}]}`,
			hone.Batch{Number: 17, Measurements: []hone.Measurement{{Metric: "loss", Value: 1, Step: &before}}}},
		"all fields": {`{"attempt": 2, "source": "s", "sequence": 12, "measurements": [{"metric": "loss", "value": "-Infinity", "step": 3}]}`,
			hone.Batch{Number: 17, Attempt: 2, Source: "s", Sequence: 12, Measurements: []hone.Measurement{
				{Metric: "loss", Value: hone.Float(math.Inf(-1)), Step: &step}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := wire.DecodeBatch([]byte(c.body), 17)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestMistakesInPointsAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"no parameters":     {`{}`, `parameters: is missing: write {"parameters": {"lr": 0.001}}`},
		"bare parameters":   {`{"lr": 1}`, `lr: unknown field`},
		"a list as a value": {`{"parameters": {"lr": [1], "b": null}}`, "parameters.b: a value must be a number, a string or a boolean, not null\nparameters.lr: a value must be a number, a string or a boolean, not []interface {}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.DecodePoint([]byte(c.body))
			require.EqualError(t, err, c.says)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
	got, err := wire.DecodePoint([]byte(`{"parameters": {"lr": 1e-3, "optimizer": "sgd", "nesterov": true}}`))
	require.NoError(t, err)
	require.Equal(t, map[string]hone.Value{"lr": hone.Number(1e-3), "optimizer": hone.String("sgd"), "nesterov": hone.Bool(true)}, got)
}

func TestEveryMistakeOfAnImportIsNamed(t *testing.T) {
	_, err := wire.DecodeImport([]byte(`{"trials": [{"parameters": {"lr": 1}, "metrics": {"a": 1}}, {"metrics": {"a": "x", "b": "NaN"}},
		7, {"parameter": {}}, {"parameters": {"lr": {}}}]}`))
	require.EqualError(t, err, strings.Join([]string{
		`trials[1].metrics.a: "x" is not a number, "NaN", "Infinity" or "-Infinity"`,
		`trials[2]: must be a JSON object, in braces`,
		`trials[3].parameter: unknown field; did you mean "parameters"?`,
		`trials[4].parameters.lr: a value must be a number, a string or a boolean, not map[string]interface {}`,
	}, "\n"))

	_, err = wire.DecodeImport([]byte(`{"trials": [` + strings.TrimSuffix(strings.Repeat("1,", 5000), ",") + `]}`))
	var fields hone.FieldErrors
	require.ErrorAs(t, err, &fields)
	require.Len(t, fields, 100, "enough is enough")

	_, err = wire.DecodeImport([]byte(`{}`))
	require.EqualError(t, err, "trials: is missing: it is the list of trials to import")
}

func TestImportsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wiretest.Draw[[]hone.ImportedTrial](t, "trials")
		if want == nil {
			want = []hone.ImportedTrial{}
		}
		body, err := json.Marshal(wire.ImportRequest{Trials: want})
		require.NoError(t, err)
		got, err := wire.DecodeImport(body)
		require.NoError(t, err)
		require.Empty(t, wiretest.Same(want, got))
	})
}

func TestTextsAreAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.Text(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got wire.Text
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, want, got)
	})
	var text wire.Text
	require.Error(t, json.Unmarshal([]byte(`{"base46": ""}`), &text))
	require.Error(t, json.Unmarshal([]byte(`[]`), &text))
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(`{"attempt": 1, "source": "", "sequence": 12, "cursor": "AA==", "measurements": [{"metric": "m", "value": "NaN", "step": 1, "time": "2026-01-01T00:00:00Z"}]}`))
	f.Add([]byte(`{"measurements": [{"metric": "m", "value": 1e999}]}`))
	f.Add([]byte(`{"measurements": null} `))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := wire.DecodeBatch(body, 1)
		if err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			require.NotEmpty(t, err.Error())
			return
		}
		again, err := json.Marshal(wire.BatchOf(b))
		require.NoError(t, err)
		same, err := wire.DecodeBatch(again, 1)
		require.NoError(t, err)
		require.Empty(t, wiretest.Same(b, same))
	})
}

func FuzzDecodeImport(f *testing.F) {
	f.Add([]byte(`{"trials": [{"parameters": {"lr": 0.1, "opt": "sgd"}, "metrics": {"accuracy": "NaN"}, "state": "Failed"}]}`))
	f.Add([]byte(`{"trials": [null, 1, {"": {}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := wire.DecodeImport(body); err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
		}
		if _, err := wire.DecodePoint(body); err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
		}
	})
}
