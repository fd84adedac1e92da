package api

import (
	"context"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

type stop struct {
	hone.Name
	drain bool
}

func stopRequest(r *http.Request) (s stop, err error) {
	q := query{values: r.URL.Query()}
	s.Name, _ = name(r)
	s.drain = q.flag("drain", false)
	return s, q.err
}

func (h *handler) stop(ctx context.Context, s stop) (hone.Experiment, error) {
	return h.service.StopExperiment(ctx, s.Name, s.drain)
}

type point struct {
	hone.Name
	parameters map[string]hone.Value
}

func enqueueRequest(r *http.Request) (p point, err error) {
	p.Name, _ = name(r)
	body, err := readBody(r)
	if err != nil {
		return p, err
	}
	p.parameters, err = wire.DecodePoint(body)
	return p, err
}

func (h *handler) enqueue(ctx context.Context, p point) (wire.Point, error) {
	a, err := h.service.Enqueue(ctx, p.Name, p.parameters)
	return wire.Point{Parameters: a}, err
}

type imported struct {
	hone.Name
	trials []hone.ImportedTrial
}

func importRequest(r *http.Request) (i imported, err error) {
	i.Name, _ = name(r)
	body, err := readBody(r)
	if err != nil {
		return i, err
	}
	i.trials, err = wire.DecodeImport(body)
	return i, err
}

func (h *handler) imports(ctx context.Context, i imported) (wire.ImportReply, error) {
	n, err := h.service.Import(ctx, i.Name, i.trials)
	return wire.ImportReply{Imported: n}, err
}
