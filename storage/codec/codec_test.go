package codec_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// fill sets everything in a value to something that is not zero, so that a field which a codec or a copy
// forgets is missed.
func fill(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)))
		return
	case hone.Value:
		v.Set(reflect.ValueOf(hone.String("text")))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"a":"<b>"}`)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), element)
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Uint64:
		v.SetUint(1<<63 + 1)
	default:
		v.SetInt(int64(time.Second))
	}
}

func filled[T any]() (v T) {
	fill(reflect.ValueOf(&v).Elem())
	return v
}

func TestEveryFieldOfADocumentIsKept(t *testing.T) {
	event := filled[hone.Event]()
	record, err := codec.EncodeEvent(event)
	require.NoError(t, err)
	gotEvent, err := codec.DecodeEvent(record)
	require.NoError(t, err)
	require.Equal(t, event, gotEvent)

	trial := filled[hone.Trial]()
	record, err = codec.EncodeTrial(trial)
	require.NoError(t, err)
	gotTrial, err := codec.DecodeTrial(record, trial.Experiment)
	require.NoError(t, err)
	require.Equal(t, trial, gotTrial)

	experiment := filled[hone.Experiment]()
	experiment.Spec.Parameters[0].Type = hone.DoubleType
	record, err = codec.EncodeExperiment(experiment)
	require.NoError(t, err)
	state, err := codec.EncodeState(experiment)
	require.NoError(t, err)
	gotExperiment, err := codec.DecodeExperiment(record)
	require.NoError(t, err)
	require.Zero(t, gotExperiment.Status, "what events change is stored apart")
	require.Zero(t, gotExperiment.Spec.Limits())
	gotState, err := codec.DecodeState(state)
	require.NoError(t, err)
	require.Equal(t, experiment, gotState.Of(gotExperiment))
}

// shared finds memory that two values have in common. Assignments may be shared: nobody changes them.
func shared(path string, a, b reflect.Value) []string {
	if a.Type() == reflect.TypeFor[hone.Assignments]() || a.Type() == reflect.TypeFor[time.Time]() {
		return nil
	}
	var found []string
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			found = append(found, shared(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
		}
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.IsNil() {
			return nil
		}
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		switch a.Kind() {
		case reflect.Pointer:
			found = shared(path, a.Elem(), b.Elem())
		case reflect.Slice:
			for i := range a.Len() {
				found = append(found, shared(path+"[]", a.Index(i), b.Index(i))...)
			}
		default:
			for _, k := range a.MapKeys() {
				found = append(found, shared(path+"[]", a.MapIndex(k), b.MapIndex(k))...)
			}
		}
	}
	return found
}

func TestCopiesShareNothing(t *testing.T) {
	experiment := filled[hone.Experiment]()
	clone := codec.CloneExperiment(experiment)
	require.Equal(t, experiment, clone)
	require.Empty(t, shared("Experiment", reflect.ValueOf(experiment), reflect.ValueOf(clone)))

	event := filled[hone.Event]()
	copied := codec.CloneEvent(event)
	require.Equal(t, event, copied)
	require.Empty(t, shared("Event", reflect.ValueOf(event), reflect.ValueOf(copied)))

	require.NotEmpty(t, shared("Event", reflect.ValueOf(event), reflect.ValueOf(event)), "the search must be able to find something")
	require.Equal(t, hone.Experiment{}, codec.CloneExperiment(hone.Experiment{}), "nothing stays nothing")
	require.Equal(t, hone.Event{}, codec.CloneEvent(hone.Event{}))
}

func TestADamagedRecordIsNoticed(t *testing.T) {
	event, err := codec.EncodeEvent(filled[hone.Event]())
	require.NoError(t, err)
	trial, err := codec.EncodeTrial(filled[hone.Trial]())
	require.NoError(t, err)
	chunk := codec.EncodeChunk(hone.Batch{Cursor: []byte("12"), Measurements: []hone.Measurement{{Metric: "a"}}})
	for name, c := range map[string]struct {
		record []byte
		decode func([]byte) error
	}{
		"event":  {event, func(r []byte) error { _, err := codec.DecodeEvent(r); return err }},
		"trial":  {trial, func(r []byte) error { _, err := codec.DecodeTrial(r, "digits"); return err }},
		"chunk":  {chunk, func(r []byte) error { _, err := codec.DecodeChunk(r); return err }},
		"cursor": {chunk, func(r []byte) error { _, err := codec.DecodeCursor(r); return err }},
	} {
		require.NoError(t, c.decode(c.record), name)
		for i := range c.record {
			damaged := append([]byte(nil), c.record...)
			damaged[i] ^= 0x10
			require.ErrorIs(t, c.decode(damaged), hone.DataLoss, "%s, byte %d", name, i)
			require.ErrorIs(t, c.decode(c.record[:i]), hone.DataLoss, "%s, cut at %d", name, i)
		}
	}
	_, err = codec.DecodeChunk(event)
	require.ErrorIs(t, err, hone.DataLoss, "an event is no chunk")
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	ev := filled[hone.Event]()
	ev.Time = time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := codec.EncodeEvent(ev)
	require.ErrorIs(t, err, hone.InvalidArgument)
}
